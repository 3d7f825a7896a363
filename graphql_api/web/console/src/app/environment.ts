/** Where the server runs; it fills in the page's meta element. */
export function isDevelopment(): boolean {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="environment"]');
  return meta?.content === 'development';
}
