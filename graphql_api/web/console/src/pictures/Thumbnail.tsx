/** A small picture in a box that has its size before the picture is there. Fetched when it is near. */
import { useEffect, useRef, useState } from 'react';
import type { ReactElement } from 'react';

import './pictures.css';
import { usePicture } from './usePicture';

const NEAR = '200px'; // of the edge of the screen: as far as one scrolls while it comes

interface ThumbnailProps {
  /** null: there is none; the box stays. */
  url: string | null;
  /** What it shows; empty where a text beside it says so. */
  alt: string;
  className?: string;
}

export function Thumbnail({ url, alt, className = '' }: ThumbnailProps): ReactElement {
  const box = useRef<HTMLSpanElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (!box.current || isNear) return undefined;
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setNear(true);
      },
      { rootMargin: NEAR },
    );
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [isNear]);
  const { src, failed } = usePicture(isNear ? url : null);
  return (
    <span ref={box} className={`thumbnail ${className}`} data-failed={failed || undefined}>
      {src !== null && <img src={src} alt={alt} decoding="async" draggable={false} />}
    </span>
  );
}
