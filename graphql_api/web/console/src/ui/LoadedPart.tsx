/**
 * A part of the page whose code is loaded when it is first shown. When that fails, as while the
 * server is away, the part says so, and the rest of the page lives on.
 */
import { Component, Suspense } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { Failed } from './states';
import { useLoadAgain } from './useLoadAgain';

interface Props {
  /** While it is being loaded. */
  waiting: ReactNode;
  children: ReactNode;
}

export class LoadedPart extends Component<Props, { error: unknown }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error !== null) return <NotLoaded error={error} />;
    return <Suspense fallback={this.props.waiting}>{this.props.children}</Suspense>;
  }
}

/** A browser remembers a file that it could not load: only a new page asks for it again. Not by
 * itself while a form is open, which would be lost. */
function NotLoaded({ error }: { error: unknown }): ReactElement {
  useLoadAgain(error, () => {
    if (document.querySelector('dialog[open]') === null) location.reload();
  });
  return <Failed error={error} retry={() => location.reload()} />;
}
