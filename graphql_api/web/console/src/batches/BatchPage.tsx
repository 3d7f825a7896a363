/** What receiving and counting have in common: where, the lines, what is under way, and leaving. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { useScanTarget } from '../scanner/ScanTarget';
import { usePermissions } from '../session/SessionContext';
import { LocationSelect } from '../stock/LocationSelect';
import { ReasonFields } from '../stock/ReasonFields';
import { useOnlyPlace } from '../stock/usePlace';
import { Card } from '../ui/Card';
import { describe } from '../ui/describe';
import { Page } from '../ui/Page';
import { Empty } from '../ui/states';
import './batches.css';
import { LineList } from './LineList';
import { ScanBox } from './ScanBox';
import type { Batch } from './useBatch';
import { DiscardLinesDialog, LeaveDialog } from './BatchQuestions';
import { useCollect } from './useCollect';
import type { Collect } from './useCollect';
import { useLeaveQuestion } from './useLeaveQuestion';

interface BatchPageProps {
  title: string;
  subtitle: string;
  batch: Batch;
  min: 0 | 1;
  /** What the button says for so many lines. */
  submit: (lines: number) => string;
  /** The form is complete. */
  onSubmit: () => void;
  /** Above the button. */
  children?: ReactNode;
}

export function BatchPage(props: BatchPageProps): ReactElement {
  const { title, subtitle, batch } = props;
  const count = batch.draft.lines.length;
  const collect = useCollect(batch);
  const leaving = useLeaveQuestion(count > 0);
  const [isDiscarding, setDiscarding] = useState(false);
  useScanTarget(collect.scan);
  useOnlyPlace(batch.draft.location, (location) => batch.change({ location }));
  return (
    <Page title={title} subtitle={subtitle}>
      <Unanswered batch={batch} />
      <div className="card batch">
        <div className="card__body">
          <BatchForm {...props} collect={collect} onDiscard={() => setDiscarding(true)} />
        </div>
      </div>
      {leaving.isAsked && (
        <LeaveDialog count={count} onStay={leaving.stay} onLeave={leaving.leave} />
      )}
      {isDiscarding && (
        <DiscardLinesDialog
          count={count}
          onKeep={() => setDiscarding(false)}
          onDiscard={() => {
            batch.change({ lines: [] });
            setDiscarding(false);
          }}
        />
      )}
    </Page>
  );
}

interface BatchFormProps extends BatchPageProps {
  collect: Collect;
  onDiscard: () => void;
}

function BatchForm(props: BatchFormProps): ReactElement {
  const { batch, collect } = props;
  const { draft, change } = batch;
  const box = useRef<HTMLInputElement>(null);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit();
      }}
    >
      <LocationSelect
        label={t`At location`}
        value={draft.location}
        onChange={(location) =>
          change({ location, lines: draft.lines.map((line) => ({ ...line, seen: null })) })
        }
        required
      />
      <ScanBox collect={collect} input={box} />
      <LineList
        batch={batch}
        min={props.min}
        onDone={() => box.current?.focus()}
        onScan={(code) => {
          box.current?.focus();
          collect.scan(code);
        }}
      />
      <ReasonFields value={draft.reason} onChange={(reason) => change({ reason })} />
      {props.children}
      <div className="form__actions">
        {draft.lines.length > 0 && (
          <button type="button" className="button" onClick={props.onDiscard}>
            <Trans>Discard all</Trans>
          </button>
        )}
        <button
          type="submit"
          className="button button--primary"
          disabled={draft.lines.length === 0 || draft.sent !== null}
        >
          {draft.sent !== null ? t`Working…` : props.submit(draft.lines.length)}
        </button>
      </div>
    </form>
  );
}

/** What was sent and has no answer; it is asked for again by itself when the connection is back. */
function Unanswered({ batch }: { batch: Batch }): ReactElement | null {
  const { draft, busy, error, sendAgain } = batch;
  if (draft.sent === null || (busy && error === null)) return null;
  return (
    <div className="outdated" role="alert">
      <span>
        {t`${plural(draft.sent.lines.length, { one: '# line', other: '# lines' })} sent, and no answer yet.`}{' '}
        {error !== null && describe(error)} <Trans>Sending again books nothing twice.</Trans>
      </span>
      <button type="button" className="button button--small" disabled={busy} onClick={sendAgain}>
        {busy ? t`Sending…` : t`Send again`}
      </button>
    </div>
  );
}

/** For those who may not book. */
export function OnlyWriters({ title, children }: { title: string; children: ReactNode }): ReactNode {
  const { mayWrite } = usePermissions();
  if (mayWrite) return children;
  return (
    <Page title={title}>
      <Card title={t`Your role does not allow this`}>
        <Empty icon="users" title={t`Booking stock needs the role USER`}>
          <p><Trans>Ask an administrator.</Trans></p>
        </Empty>
      </Card>
    </Page>
  );
}
