/** A titled surface. flush: its content reaches the edges, as tables do. */
import { useId } from 'react';
import type { ReactElement, ReactNode } from 'react';

interface CardProps {
  title: string;
  actions?: ReactNode;
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

export function Card({ title, actions, flush, className, children }: CardProps): ReactElement {
  const id = useId();
  return (
    <section className={`card ${className ?? ''}`} aria-labelledby={id}>
      <div className="card__head">
        <h2 id={id}>{title}</h2>
        {actions}
      </div>
      {flush ? children : <div className="card__body">{children}</div>}
    </section>
  );
}
