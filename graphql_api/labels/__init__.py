"""Labels: sheets of stickers that name items, with a barcode or a QR code on each, as PDF."""
