/** Small drawings that stand beside words, never in their place: hidden from assistive technology. */
import type { ReactElement } from 'react';

const PATHS = {
  dashboard: 'M4 4h7v7H4zM13 4h7v4h-7zM13 10h7v10h-7zM4 13h7v7H4z',
  items: 'M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8',
  alerts: 'M12 4l9 16H3zM12 10v4M12 17v.5',
  bell: 'M6 16V11a6 6 0 0112 0v5l2 2H4zM10 20.5a2 2 0 004 0',
  users:
    'M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM3 20c0-3.5 2.5-6 6-6s6 2.5 6 6M16 4.5a3.5 3.5 0 010 6.5M17.5 14.5c2.2.8 3.5 2.8 3.5 5.5',
  sessions: 'M3 5h18v11H3zM8 20h8M12 16v4',
  locations:
    'M12 21s7-6 7-11.5A7 7 0 005 9.5C5 15 12 21 12 21zM12 12a2.5 2.5 0 100-5 2.5 2.5 0 000 5z',
  settings:
    'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5zM9 19.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z',
  test: 'M9 4h6M10 4v6l-5 8.5A1 1 0 006 20h12a1 1 0 001-1.5L14 10V4M8 15h8',
  more: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  order: 'M3 4h2.5l2.5 11h10l2-8H6.5M9 20a1 1 0 100-2 1 1 0 000 2zM17 20a1 1 0 100-2 1 1 0 000 2z',
  keyboard: 'M3 6h18v12H3zM7 10h.5M11 10h.5M15 10h.5M8 14h8',
  plus: 'M12 5v14M5 12h14',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  adjust: 'M8 4v16M4 8l4-4 4 4M16 20V4M12 16l4 4 4-4',
  count: 'M8 4h8v3H8zM8 5.5H5V20h14V5.5h-3M9 13l2 2 4-4',
  transfer: 'M4 9h15M15 5l4 4-4 4M20 15H5M9 11l-4 4 4 4',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  archive: 'M4 5h16v4H4zM5.5 9v10h13V9M10 13h4',
  labels: 'M4 4h8l8 8-8 8-8-8zM8 8v.5',
  search: 'M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l5 5',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  check: 'M5 13l4.5 4.5L19 7',
  clock: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5l3 3',
  info: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 11v6M12 7v.5',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 100-6 3 3 0 000 6z',
  sun: 'M12 16a4 4 0 100-8 4 4 0 000 8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2',
  moon: 'M20 14.5A8.5 8.5 0 019.5 4 8.5 8.5 0 1020 14.5z',
  contrast: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 3v18M12 7h5.5M12 11h8M12 15h7',
  signOut: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  camera: 'M4 8h4l1.5-2.5h5L16 8h4v11H4zM12 16.5a3 3 0 100-6 3 3 0 000 6z',
  receive: 'M4 14v5h16v-5M12 4v11M7.5 10.5L12 15l4.5-4.5',
  back: 'M19 12H5M11 6l-6 6 6 6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
