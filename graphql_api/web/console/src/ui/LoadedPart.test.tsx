import { cleanup, render, screen } from '@testing-library/react';
import { lazy } from 'react';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';

import { createInventoryClient, InventoryProvider } from '../../../client';
import { LoadedPart } from './LoadedPart';

afterEach(cleanup);

test('a part that cannot be loaded says so, and the rest of the page lives on', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const Part = lazy(() => Promise.reject(new TypeError('Failed to fetch')));
  const client = createInventoryClient({ url: 'http://127.0.0.1/graphql' }); // nobody signs in
  onTestFinished(() => client.dispose());
  render(
    <InventoryProvider client={client}>
      <p>the rest</p>
      <LoadedPart waiting={<p>wait</p>}>
        <Part />
      </LoadedPart>
    </InventoryProvider>,
  );
  expect(screen.getByText('wait')).toBeTruthy();
  expect(await screen.findByRole('alert')).toBeTruthy();
  expect(screen.getByText('the rest')).toBeTruthy();
});

test('a part that was loaded is shown', async () => {
  const Part = lazy(() => Promise.resolve({ default: () => <p>here</p> }));
  render(
    <LoadedPart waiting={<p>wait</p>}>
      <Part />
    </LoadedPart>,
  );
  expect(await screen.findByText('here')).toBeTruthy();
});
