/** Barcodes by zxing-cpp. Its WebAssembly is a file of this server, as everything else is. */
import { t } from '@lingui/core/macro';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url';

import type { CodeReader } from './codeReader';

const PICTURE_WIDTH_MAX = 1_280; // enough for a code that fills a third of it; more only takes time
const CODES_MAX = 4; // in one picture

export async function zxingReader(): Promise<CodeReader> {
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error(t`This browser cannot read pictures.`);
  return {
    read: async (video) => {
      const scale = Math.min(1, PICTURE_WIDTH_MAX / video.videoWidth);
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const picture = context.getImageData(0, 0, canvas.width, canvas.height);
      const found = await readBarcodes(picture, {
        maxNumberOfSymbols: CODES_MAX,
        textMode: 'Plain', // with the separators of GS1, which the server reads
      });
      return found
        .filter(({ isValid }) => isValid)
        .map(({ text, contentType, symbologyIdentifier }) =>
          contentType === 'GS1' ? symbologyIdentifier + text : text,
        );
    },
  };
}
