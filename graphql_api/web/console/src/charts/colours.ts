/** The theme's colours, for a canvas. Read them again when the theme changes. */
export type ChartColour = 'in' | 'out' | 'opening' | 'line' | 'limit' | 'grid';

export function chartColour(name: ChartColour): string {
  return cssValue(`--chart-${name}`);
}

export function textColour(): string {
  return cssValue('--text-muted');
}

function cssValue(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}
