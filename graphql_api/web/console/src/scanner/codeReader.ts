/**
 * Reads barcodes from a camera's picture: by the browser itself where it can (BarcodeDetector), else
 * by zxing, compiled to WebAssembly and loaded when a camera is opened, not before.
 */

export interface CodeReader {
  /** The codes in the picture of now, as a scanner would type them; none: []. */
  read: (video: HTMLVideoElement) => Promise<string[]>;
}

/** Rejects when what it needs cannot be loaded. */
export async function codeReader(): Promise<CodeReader> {
  const native = await nativeReader();
  if (native !== null) return native;
  const { zxingReader } = await import('./zxingReader');
  return zxingReader();
}

/** Of the Shape Detection API, which TypeScript does not know. */
interface Detector {
  detect: (source: HTMLVideoElement) => Promise<readonly { rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: readonly string[] }): Detector;
  getSupportedFormats: () => Promise<readonly string[]>;
}

/** null: this browser has none, or one that knows no barcode of goods. */
async function nativeReader(): Promise<CodeReader | null> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass };
  if (BarcodeDetector === undefined) return null;
  try {
    const formats = await BarcodeDetector.getSupportedFormats();
    if (!formats.includes('ean_13')) return null;
    const detector = new BarcodeDetector({ formats });
    return {
      read: async (video) => (await detector.detect(video)).map(({ rawValue }) => rawValue),
    };
  } catch {
    return null; // there by name only, as on a desktop without the service behind it
  }
}
