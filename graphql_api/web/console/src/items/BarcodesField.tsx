/** An item's barcodes, each with what one scan of it stands for. */
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { BARCODES_MAX } from './barcodeText';
import { PairsField } from './PairsField';

interface BarcodesFieldProps {
  /** A line each: barcodeText.ts. */
  value: string;
  onChange: (value: string) => void;
}

export function BarcodesField(props: BarcodesFieldProps): ReactElement {
  return (
    <PairsField
      legend={t`Barcodes`}
      first={{ label: t`Barcode`, example: t`Code` }}
      second={{ label: t`Units per scan`, example: '× 1' }}
      another={t`Another barcode`}
      takeAway={(nth) => t`Take barcode${nth} away`}
      hint={t`Units that one scan stands for: 12 for a carton of 12, or the name of a unit`}
      linesMax={BARCODES_MAX}
      {...props}
    />
  );
}
