import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';

import { sampleItem } from '../testing';
import { draftOf } from './itemDraft';
import { VersionConflict } from './VersionConflict';

afterEach(cleanup);

test('shows both values of a disputed field and saves the chosen one', () => {
  const base = draftOf(sampleItem());
  const mine = { ...base, name: 'My hammer' };
  const theirs = sampleItem({ name: 'Their hammer', category: 'hand tools', version: 4 });
  const onResolved = vi.fn();
  render(
    <VersionConflict
      base={base}
      mine={mine}
      theirs={theirs}
      busy={false}
      onResolved={onResolved}
      onCancel={() => undefined}
    />,
  );
  expect(screen.getByText('hand tools')).toBeDefined();
  fireEvent.click(screen.getByRole('radio', { name: 'Name: yours, My hammer' }));
  fireEvent.click(screen.getByRole('button', { name: 'Save this' }));
  expect(onResolved).toHaveBeenCalledWith({ ...base, name: 'My hammer', category: 'hand tools' });
});

test('nothing is saved before each disputed field has a choice', () => {
  const base = draftOf(sampleItem());
  const onResolved = vi.fn();
  render(
    <VersionConflict
      base={base}
      mine={{ ...base, name: 'My hammer' }}
      theirs={sampleItem({ name: 'Their hammer' })}
      busy={false}
      onResolved={onResolved}
      onCancel={() => undefined}
    />,
  );
  fireEvent.click(screen.getByRole('button', { name: 'Save this' }));
  expect(onResolved).not.toHaveBeenCalled();
});
