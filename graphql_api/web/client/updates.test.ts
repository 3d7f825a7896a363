// @vitest-environment node
import { gql } from '@apollo/client';
import { beforeEach, describe, expect, test } from 'vitest';

import { InventoryCache } from './cache';
import { alertRaised, item, notification, update } from './testing/harness';
import type { Alert, Item } from './types';
import { applyAlert, applyInventoryUpdate, applyNotification } from './updates';

const LIST = gql`
  query List($where: ItemFilter, $search: String, $orderBy: ItemOrder) {
    items(where: $where, search: $search, orderBy: $orderBy, first: 3) {
      totalCount
      nodes {
        id
        version
        sku
        name
        stock
        status
        category
        deletedAt
        archivedAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;
const ALERTS = gql`
  query Alerts($where: AlertFilter, $orderBy: AlertSort) {
    alerts(where: $where, orderBy: $orderBy, first: 25) {
      nodes {
        id
        status
        severity
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;
const NOTIFICATIONS = gql`
  query Notifications {
    unreadNotificationCount
    notifications(first: 25) {
      nodes {
        id
        readAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

let cache: InventoryCache;
beforeEach(() => {
  cache = new InventoryCache();
});

type Variables = Record<string, unknown>;

function listed(variables: Variables = {}): string[] | undefined {
  const data = cache.readQuery<{ items: { nodes: Item[] } }>({ query: LIST, variables });
  return data?.items.nodes.map(({ id }) => id);
}

function total(variables: Variables = {}): number | undefined {
  return cache.readQuery<{ items: { totalCount: number } }>({ query: LIST, variables })?.items
    .totalCount;
}

function list(items: Item[], variables: Variables = {}, hasNextPage = false): void {
  cache.writeQuery({
    query: LIST,
    variables,
    data: {
      items: {
        __typename: 'InventoryItemConnection',
        totalCount: items.length,
        nodes: items,
        pageInfo: { __typename: 'PageInfo', hasNextPage, endCursor: 'e' },
      },
    },
  });
}

function apply(changed: Item, type: Parameters<typeof update>[2] = 'UPDATED'): void {
  applyInventoryUpdate(cache, update('c', changed, type));
}

describe('an item’s event', () => {
  test('changes it in every list', () => {
    list([item(1, 1)]);
    apply(item(1, 2), 'STOCK_UPDATED');
    const data = cache.readQuery<{ items: { nodes: Item[] } }>({ query: LIST });
    expect(data?.items.nodes[0]).toMatchObject({ version: 2, stock: 20 });
  });

  test('older than what is cached changes nothing', () => {
    list([item(1, 5)]);
    apply(item(1, 4));
    apply(item(1, 4), 'DELETED');
    expect(cache.itemVersion('1')).toBe(5);
    expect(listed()).toEqual(['1']);
  });

  test('DELETED takes it out and counts it down', () => {
    list([item(1), item(2)]);
    apply(item(1, 2, { deletedAt: '2026-01-01T00:00:00Z' }), 'DELETED');
    expect(listed()).toEqual(['2']);
    expect(total()).toBe(1);
    apply(item(1, 1)); // late
    expect(listed()).toEqual(['2']);
  });

  test('archived it goes, restored it comes back to its place', () => {
    list([item(1, 1, { sku: 'A' }), item(2, 1, { sku: 'B' })], {}, true);
    list([item(1, 1), item(2, 1)], { where: { includeArchived: true } });
    apply(item(1, 2, { sku: 'A', archivedAt: '2026-01-01T00:00:00Z' }));
    expect([listed(), total()]).toEqual([['2'], 1]);
    expect(listed({ where: { includeArchived: true } })).toEqual(['1', '2']);
    apply(item(1, 3, { sku: 'A', archivedAt: '2026-01-01T00:00:00Z' }), 'STOCK_UPDATED');
    expect(listed()).toEqual(['2']);
    apply(item(1, 4, { sku: 'A' }));
    expect([listed(), total()]).toEqual([['1', '2'], 2]);
    expect(total({ where: { includeArchived: true } })).toBe(2);
  });

  test('deleted and restored it comes back, booked out in between it does not', () => {
    list([item(1, 1, { sku: 'A' }), item(2, 1, { sku: 'B' })]);
    const gone = { sku: 'A', deletedAt: '2026-01-01T00:00:00Z' };
    apply(item(1, 2, gone), 'DELETED');
    apply(item(1, 3, gone), 'STOCK_UPDATED');
    expect(listed()).toEqual(['2']);
    apply(item(1, 4, { sku: 'A' }));
    expect([listed(), total()]).toEqual([['1', '2'], 2]);
    apply(item(1, 3, gone), 'STOCK_UPDATED'); // late
    expect(cache.itemVersion('1')).toBe(4);
    expect(listed()).toEqual(['1', '2']);
  });

  test('restored, and never seen before, it comes into a list that is whole', () => {
    list([item(2, 1, { sku: 'B' })]);
    list([item(2, 1, { sku: 'B' })], { search: ' ' }, true);
    apply(item(1, 7, { sku: 'A' }));
    expect([listed(), total()]).toEqual([['1', '2'], 2]);
    expect(listed({ search: ' ' })).toEqual(['2']); // it may be further on in this one
  });

  test('CREATED comes to its place by SKU, without case', () => {
    list([item(1, 1, { sku: 'a' }), item(3, 1, { sku: 'C' })]);
    apply(item(2, 1, { sku: 'B' }), 'CREATED');
    expect(listed()).toEqual(['1', '2', '3']);
    expect(total()).toBe(3);
  });

  test('CREATED comes to its place by the value of numbers, and without accents', () => {
    list([item(1, 1, { sku: 'R1' }), item(3, 1, { sku: 'R10' })]);
    apply(item(2, 1, { sku: 'R2' }), 'CREATED');
    expect(listed()).toEqual(['1', '2', '3']);
    const byName = { orderBy: { by: 'NAME' } };
    list([item(4, 1, { name: 'Ahorn' }), item(6, 1, { name: 'Bolt' })], byName);
    apply(item(5, 1, { name: 'ähre' }), 'CREATED');
    expect(listed(byName)).toEqual(['4', '5', '6']);
  });

  test('CREATED comes to its place by the list’s own order; ties go by id', () => {
    const variables = { orderBy: { by: 'STOCK', direction: 'DESC' } };
    list([item(9, 3), item(4, 2)], variables);
    apply(item(5, 2), 'CREATED');
    expect(listed(variables)).toEqual(['9', '5', '4']);
    apply(item(6, 1), 'CREATED');
    expect(listed(variables)).toEqual(['9', '5', '4', '6']);
  });

  test('CREATED behind what is loaded is only counted: paging will bring it', () => {
    list([item(1, 1, { sku: 'a' })], {}, true);
    apply(item(2, 1, { sku: 'b' }), 'CREATED');
    expect(listed()).toEqual(['1']);
    expect(total()).toBe(2);
  });

  test('that came already is not there twice', () => {
    list([item(1)]);
    apply(item(2), 'CREATED');
    apply(item(2), 'CREATED');
    expect(listed()).toEqual(['1', '2']);
  });

  test('moves it into and out of lists whose filter it meets, or no more', () => {
    const low = { where: { statuses: ['LOW_STOCK'] } };
    list([item(1, 1, { status: 'LOW_STOCK' })], low);
    list([item(1, 1, { status: 'LOW_STOCK' }), item(2)]);
    apply(item(1, 2, { status: 'IN_STOCK' }), 'STOCK_UPDATED');
    apply(item(2, 2, { status: 'LOW_STOCK' }), 'STOCK_UPDATED');
    expect(listed(low)).toEqual(['2']);
    expect(listed()).toEqual(['1', '2']);
  });

  test('takes what the filter leaves out from lists with a search too', () => {
    list([item(1), item(2)], { search: 'thing' });
    apply(item(1, 2, { archivedAt: '2026-01-01T00:00:00Z' }));
    expect(listed({ search: 'thing' })).toEqual(['2']);
  });

  test('leaves lists with a search to the server', () => {
    list([item(1)], { search: 'thing' });
    apply(item(2), 'CREATED');
    expect(listed({ search: 'thing' })).toEqual(['1']);
  });

  test('does not move rows while they are looked at', () => {
    const variables = { orderBy: { by: 'STOCK' } };
    list([item(1, 1), item(2, 2)], variables);
    apply(item(1, 9), 'STOCK_UPDATED');
    expect(listed(variables)).toEqual(['1', '2']);
  });
});

describe('an alert’s event', () => {
  const open = { where: { statuses: ['OPEN'] } };

  function alerts(variables: Variables = {}): string[] | undefined {
    const data = cache.readQuery<{ alerts: { nodes: Alert[] } }>({ query: ALERTS, variables });
    return data?.alerts.nodes.map(({ id }) => id);
  }

  function emptyLists(): void {
    for (const variables of [open, {}]) {
      const pageInfo = { __typename: 'PageInfo', hasNextPage: false, endCursor: null };
      const data = { alerts: { __typename: 'AlertConnection', nodes: [], pageInfo } };
      cache.writeQuery({ query: ALERTS, variables, data });
    }
  }

  test('puts a new one first', () => {
    emptyLists();
    applyAlert(cache, { kind: 'RAISED', ...alertRaised('c1', 7) });
    applyAlert(cache, { kind: 'RAISED', ...alertRaised('c2', 8) });
    expect(alerts()).toEqual(['8', '7']);
    expect(alerts(open)).toEqual(['8', '7']);
  });

  test('comes where the list’s order wants it, and stays there', () => {
    const gravest = { orderBy: 'GRAVEST' };
    const pageInfo = { __typename: 'PageInfo', hasNextPage: false, endCursor: null };
    const data = { alerts: { __typename: 'AlertConnection', nodes: [], pageInfo } };
    cache.writeQuery({ query: ALERTS, variables: gravest, data });
    const raise = (id: number, severity: Alert['severity']): void => {
      const raised = alertRaised(`c${id}`, id);
      applyAlert(cache, { kind: 'RAISED', ...raised, alert: { ...raised.alert, severity } });
    };
    raise(1, 'HIGH');
    raise(2, 'LOW');
    raise(3, 'CRITICAL');
    raise(4, 'HIGH');
    raise(5, 'LOW');
    expect(alerts(gravest)).toEqual(['3', '4', '1', '5', '2']);
    raise(2, 'CRITICAL'); // worse
    expect(alerts(gravest)).toEqual(['3', '4', '1', '5', '2']);
  });

  test('takes one that was acknowledged out of the list of open ones', () => {
    emptyLists();
    const raised = alertRaised('c1', 7);
    applyAlert(cache, { kind: 'RAISED', ...raised });
    const alert: Alert = { ...raised.alert, status: 'ACKNOWLEDGED' };
    applyAlert(cache, { kind: 'CHANGED', ...raised, alert });
    expect(alerts(open)).toEqual([]);
    expect(alerts()).toEqual(['7']);
  });

  test('leaves an alert out that is milder than a list wants', () => {
    const critical = { where: { minSeverity: 'CRITICAL' } };
    const pageInfo = { __typename: 'PageInfo', hasNextPage: false, endCursor: null };
    const data = { alerts: { __typename: 'AlertConnection', nodes: [], pageInfo } };
    cache.writeQuery({ query: ALERTS, variables: critical, data });
    applyAlert(cache, { kind: 'RAISED', ...alertRaised('c1', 7) });
    expect(alerts(critical)).toEqual([]);
  });
});

describe('a notification', () => {
  test('comes first, and counts as unread, once', () => {
    const pageInfo = { __typename: 'PageInfo', hasNextPage: false, endCursor: null };
    const nodes = [notification(3)];
    cache.writeQuery({
      query: NOTIFICATIONS,
      data: {
        unreadNotificationCount: 1,
        notifications: { __typename: 'NotificationConnection', nodes, pageInfo },
      },
    });
    const event = { cursor: 'c', timestamp: 't', notification: notification(4) };
    applyNotification(cache, event);
    applyNotification(cache, event);
    expect(cache.readQuery({ query: NOTIFICATIONS })).toMatchObject({
      unreadNotificationCount: 2,
      notifications: { nodes: [{ id: '4' }, { id: '3' }] },
    });
  });
});
