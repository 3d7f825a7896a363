/**
 * Short messages at the edge of the screen, read out as they come.
 *
 * They lie over the page, and the page knows how much of it: it ends that much later, and what gets
 * the focus stands clear of them. So no action is out of reach while there is a message.
 */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { ReactElement, ReactNode, RefObject } from 'react';

import { Icon } from './Icon';
import type { IconName } from './Icon';
import { withToast } from './toastList';
import type { Listed } from './toastList';

export interface Toast extends Listed {
  title: string;
  text?: string;
  /** What can be done about it; pressed once, it goes with the toast. */
  action?: { label: string; act: () => void };
}

interface Shown extends Toast {
  id: number;
}

const LIFETIME_MS = 6_000;
const ACTION_LIFETIME_MS = 12_000; // time to see a mistake, and to reach the button
const ICONS: Record<Toast['tone'], IconName> = {
  good: 'check',
  warning: 'alerts',
  bad: 'alerts',
  info: 'info',
};

const Tell = createContext<(toast: Toast) => void>(() => undefined);

/** Shows a toast for some seconds; a bad one until it is dismissed. */
export function useToast(): (toast: Toast) => void {
  return useContext(Tell);
}

export function ToastProvider({ children }: { children: ReactNode }): ReactElement {
  const [toasts, setToasts] = useState<readonly Shown[]>([]);
  const lastId = useRef(0);
  const tell = useCallback((toast: Toast) => {
    lastId.current += 1;
    const shown = { ...toast, id: lastId.current };
    setToasts((before) => withToast(before, shown));
  }, []);
  const dismiss = useCallback((id: number) => {
    setToasts((before) => before.filter((toast) => toast.id !== id));
  }, []);
  // The first of the document is the last on the screen, where the list begins to scroll.
  const list = useMemo(
    () => toasts.map((toast) => <ToastCard key={toast.id} toast={toast} dismiss={dismiss} />),
    [toasts, dismiss],
  );
  const section = useRef<HTMLElement>(null);
  useToldHeight(section);
  return (
    <Tell value={tell}>
      {children}
      <section ref={section} className="toasts" aria-label={t`Announcements`} aria-live="polite">
        {list}
      </section>
    </Tell>
  );
}

const HEIGHT = '--toasts-height';

/** Tells the styles of the page how high the messages are. */
function useToldHeight(section: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const { current } = section;
    if (current === null) return undefined;
    const { style } = document.documentElement;
    const watch = new ResizeObserver(() => {
      style.setProperty(HEIGHT, `${current.offsetHeight}px`);
    });
    watch.observe(current);
    return () => {
      watch.disconnect();
      style.removeProperty(HEIGHT);
    };
  }, [section]);
}

function ToastAction({ toast, dismiss }: ToastCardProps): ReactElement | null {
  const { action } = toast;
  if (action === undefined) return null;
  return (
    <button
      type="button"
      className="button button--small toast__action"
      onClick={() => {
        dismiss(toast.id);
        action.act();
      }}
    >
      {action.label}
    </button>
  );
}

interface ToastCardProps {
  toast: Shown;
  dismiss: (id: number) => void;
}

function ToastCard({ toast, dismiss }: ToastCardProps): ReactElement {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld || toast.tone === 'bad') return undefined;
    const lifetime = toast.action ? ACTION_LIFETIME_MS : LIFETIME_MS;
    const timer = setTimeout(() => dismiss(toast.id), lifetime);
    return () => clearTimeout(timer);
  }, [isHeld, toast, dismiss]);
  return (
    <div
      className={`toast toast--${toast.tone}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon name={ICONS[toast.tone]} />
      <div className="toast__text">
        <div className="toast__title">{toast.title}</div>
        {toast.text}
      </div>
      <ToastAction toast={toast} dismiss={dismiss} />
      <button
        type="button"
        className="button button--quiet button--small"
        onClick={() => dismiss(toast.id)}
      >
        <Icon name="close" />
        <span className="visually-hidden"><Trans>Dismiss</Trans></span>
      </button>
    </div>
  );
}
