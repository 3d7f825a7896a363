/** The whole page: who is signed in, above GraphiQL with its example tabs. */
import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { GraphiQL } from 'graphiql';

import { WELCOME, examples } from './examples';
import { createFetcher } from './fetcher';
import { session } from './session';
import { SessionBar } from './SessionBar';

const fetcher = createFetcher(session);

export function Page() {
  return (
    <>
      <SessionBar session={session} />
      <main>
        <GraphiQL
          fetcher={fetcher}
          defaultQuery={WELCOME}
          defaultTabs={examples}
          referencePlugin={DOC_EXPLORER_PLUGIN}
          defaultEditorToolsVisibility="variables"
          // Headers may hold tokens, which are not to lie about in the browser's storage.
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo>Inventory</GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}
