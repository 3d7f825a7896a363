import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';

import { money, number, roundMoney } from './format';
import { LargeFigure } from './LargeFigure';

afterEach(cleanup);

test.each([2_012_220, 1_006_931_492, 2_147_483_647])('%d stands there with all its digits', (value) => {
  render(<LargeFigure value={value} whole={number(value)} />);
  expect(screen.getByText(number(value)).title).toBe(number(value));
});

test.each(['1006931492.5', '99999999999999.9999', '300000000000123456789.01'])(
  'the sum %s is shown in short, and read out and told on hover to its last digit',
  (value) => {
    const { container } = render(
      <LargeFigure value={value} whole={roundMoney(value)} exact={money(value)} />,
    );
    const figure = container.firstElementChild as HTMLElement;
    expect(figure.title).toBe(money(value));
    expect(figure.querySelector('[aria-hidden]')?.textContent?.length).toBeLessThanOrEqual(14);
    expect(figure.querySelector('.visually-hidden')?.textContent).toBe(money(value));
  },
);
