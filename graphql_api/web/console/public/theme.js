// Runs before the first paint, so that a chosen theme does not flash in another one.
// The same key and attribute as in src/theme/theme.ts.
try {
  const theme = localStorage.getItem('inventory.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden here: the system's theme is a good one too.
}
