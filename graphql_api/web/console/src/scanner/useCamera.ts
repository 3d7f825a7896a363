/** A camera that reads barcodes for as long as it is shown. */
import { t } from '@lingui/core/macro';
import { useEffect, useEffectEvent, useState } from 'react';
import type { RefObject } from 'react';

import { codeReader } from './codeReader';
import type { CodeReader } from './codeReader';
import { Sightings } from './sightings';

const LOOK_MS = 120; // between two looks: a phone stays cool, and nobody waits

export type CameraState = { kind: 'opening' } | { kind: 'reading' } | { kind: 'failed'; why: string };

/** found: gets each code once while it is in sight. attempt: another number tries again. */
export function useCamera(
  video: RefObject<HTMLVideoElement | null>,
  found: (code: string) => void,
  attempt: number,
): CameraState {
  const [state, setState] = useState<CameraState>({ kind: 'opening' });
  const tell = useEffectEvent(found);
  useEffect(() => {
    const stop = new AbortController();
    setState({ kind: 'opening' });
    const run = async (): Promise<void> => {
      const element = video.current;
      if (element === null) return;
      try {
        const [reader] = await Promise.all([codeReader(), show(element, stop.signal)]);
        if (stop.signal.aborted) return;
        setState({ kind: 'reading' });
        await readOn(reader, element, stop.signal, (code) => tell(code));
      } catch (error) {
        if (!stop.signal.aborted) setState({ kind: 'failed', why: whyNot(error) });
      }
    };
    void run();
    return () => stop.abort();
  }, [video, attempt]);
  return state;
}

/** The camera at the back, in the video, until the signal. */
async function show(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  if (!('mediaDevices' in navigator)) throw new DOMException('', 'SecurityError');
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: 'environment', width: { ideal: 1_280 }, height: { ideal: 720 } },
    audio: false,
  });
  const end = (): void => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  if (signal.aborted) return end();
  signal.addEventListener('abort', end);
  video.srcObject = stream;
  await video.play();
}

async function readOn(
  reader: CodeReader,
  video: HTMLVideoElement,
  signal: AbortSignal,
  tell: (code: string) => void,
): Promise<void> {
  const sightings = new Sightings();
  while (!signal.aborted) {
    const codes = video.videoWidth > 0 ? await reader.read(video) : [];
    if (!signal.aborted) for (const code of sightings.see(codes, performance.now())) tell(code);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const WHY: Readonly<Record<string, string>> = {
  NotAllowedError:
    t`The camera was refused. Allow it for this page in the browser, beside the address, then try again.`,
  NotFoundError: t`There is no camera on this device.`,
  OverconstrainedError: t`There is no camera on this device that can be used.`,
  NotReadableError: t`Another program has the camera. Close it, then try again.`,
  SecurityError: t`Browsers give a camera to pages with https:// alone. Ask who runs the server.`,
};

function whyNot(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return WHY[name] ?? t`The reader of barcodes could not be loaded. Look at the connection, then try again.`;
}
