import { expect, test } from 'vitest';

import { csvOf } from './csv';

test('what a spreadsheet would compute is text, and numbers stay numbers', () => {
  const rows = [
    ['=1+1', '+49 30', '-x', '@you', '\tx', '-5', '1.50', -3, null, 'a "b", c\nd', 'ähre'],
  ];
  expect(csvOf(['a', 'b'], rows)).toBe(
    '\ufeffa,b\r\n' +
      `'=1+1,'+49 30,'-x,'@you,'\tx,-5,1.50,-3,,"a ""b"", c\nd",ähre\r\n`,
  );
});

test('a list without rows has its heads', () => {
  expect(csvOf(['SKU', 'Name'], [])).toBe('\ufeffSKU,Name\r\n');
});
