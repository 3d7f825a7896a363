/** Short messages at the edge of the screen, read out as they come. */
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { ReactElement, ReactNode } from 'react';

import { Icon } from './Icon';
import type { IconName } from './Icon';

export interface Toast {
  tone: 'good' | 'warning' | 'bad' | 'info';
  title: string;
  text?: string;
  /** What can be done about it; pressed once, it goes with the toast. */
  action?: { label: string; act: () => void };
}

interface Shown extends Toast {
  id: number;
}

const SHOWN_MAX = 4; // more would cover the page; the oldest goes
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
    setToasts((before) => [...before, shown].slice(-SHOWN_MAX));
  }, []);
  const dismiss = useCallback((id: number) => {
    setToasts((before) => before.filter((toast) => toast.id !== id));
  }, []);
  const list = useMemo(
    () => toasts.map((toast) => <ToastCard key={toast.id} toast={toast} dismiss={dismiss} />),
    [toasts, dismiss],
  );
  return (
    <Tell value={tell}>
      {children}
      <section className="toasts" aria-label="Announcements" aria-live="polite">
        {list}
      </section>
    </Tell>
  );
}

function ToastAction({ toast, dismiss }: ToastCardProps): ReactElement | null {
  const { action } = toast;
  if (action === undefined) return null;
  return (
    <button
      type="button"
      className="button button--small"
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
        <span className="visually-hidden">Dismiss</span>
      </button>
    </div>
  );
}
