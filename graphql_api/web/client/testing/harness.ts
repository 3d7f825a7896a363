/** The whole kit with a server that the test plays: FakeSocket, and answers by operation name. */
import { vi } from 'vitest';

import { createInventoryClient } from '../client';
import type { InventoryClient, InventoryClientOptions } from '../client';
import type { Role } from '../generated/graphql';
import { memoryTokens } from '../tokens';
import type { Tokens } from '../tokens';
import type { AlertEvent, InventoryUpdate, Item, Notification } from '../types';
import { FakeSocket } from './FakeSocket';

export const LIFETIME_MS = 600_000;

/** A token as the server makes them, as far as the kit looks into it. */
export function jwt(name: string, subject = '1'): string {
  const claims = { sub: subject, iat: 0, exp: LIFETIME_MS / 1_000, name };
  return `head.${btoa(JSON.stringify(claims))}.${name}`;
}

export function tokens(name: string, subject = '1'): Tokens {
  return {
    accessToken: jwt(name, subject),
    refreshToken: `refresh-${name}`,
    receivedAtMs: Date.now(),
    lifetimeMs: LIFETIME_MS,
  };
}

export interface Request {
  operationName: string;
  variables: Record<string, unknown>;
  authorization: string | undefined;
  /** The header At-Least. */
  atLeast: string | undefined;
}

type Answer = (request: Request) => object | Promise<object>;

export const VIEWER = {
  __typename: 'User',
  id: '1',
  email: 'user@example.com',
  name: 'User',
  role: 'USER' as Role,
  active: true,
};

/** What login and refreshSession answer. */
export function granted(name: string, role: Role = 'USER'): object {
  return {
    __typename: 'AuthPayload',
    accessToken: jwt(name),
    refreshToken: `refresh-${name}`,
    expiresAt: '2026-01-01T00:00:00Z',
    user: { ...VIEWER, role },
    userErrors: [],
  };
}

export function refused(message = 'no'): object {
  return {
    __typename: 'AuthPayload',
    accessToken: null,
    refreshToken: null,
    expiresAt: null,
    user: null,
    userErrors: [{ __typename: 'UserError', code: 'INVALID_CREDENTIALS', message, field: null }],
  };
}

export class Harness {
  readonly requests: Request[] = [];
  readonly answers = new Map<string, Answer>([
    ['Start', () => ({ data: { syncCursor: 'c0', viewer: VIEWER } })],
    ['SyncCursor', () => ({ data: { syncCursor: 'fresh' } })],
    ['SignIn', () => ({ data: { login: granted('a') } })],
    ['RefreshSession', () => ({ data: { refreshSession: granted('b') } })],
    ['SignOut', () => ({ data: { logout: true } })],
  ]);
  readonly client: InventoryClient;

  /** answers: beside the usual ones; undefined takes one away. */
  constructor(
    options: Partial<InventoryClientOptions> = {},
    answers: Record<string, Answer | undefined> = {},
  ) {
    for (const [name, answer] of Object.entries(answers)) {
      if (answer) this.answers.set(name, answer);
      else this.answers.delete(name);
    }
    vi.useFakeTimers();
    FakeSocket.all = [];
    vi.stubGlobal('fetch', (_: string, init: RequestInit) => this.#fetch(init));
    this.client = createInventoryClient({
      url: 'http://server/graphql',
      tokens: memoryTokens(tokens('a')),
      backoff: { jitter: 0 },
      webSocketImpl: FakeSocket as unknown as typeof WebSocket,
      ...options,
    });
  }

  asked(operationName: string): Request[] {
    return this.requests.filter((request) => request.operationName === operationName);
  }

  /** The client's status, in words. */
  get state(): string {
    return this.client.realtime.status.get().state;
  }

  /** Let what was begun go on. */
  async settle(ms = 0): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  /** Go on until the newest socket is acknowledged. */
  async connect(cursor = 'ack'): Promise<FakeSocket> {
    await this.settle();
    const socket = FakeSocket.last;
    socket.accept();
    await this.settle();
    socket.receive({
      type: 'connection_ack',
      payload: {
        cursor,
        heartbeatSeconds: 25,
        polling: { alertsMinutes: 10, disconnectedAlertsMinutes: 5 },
      },
    });
    await this.settle();
    return socket;
  }

  dispose(): void {
    this.client.dispose();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  }

  async #fetch(init: RequestInit): Promise<object> {
    const { operationName, variables } = JSON.parse(String(init.body)) as Request;
    const { authorization, 'at-least': atLeast } = init.headers as Record<string, string>;
    const request = { operationName, variables, authorization, atLeast };
    this.requests.push(request);
    const answer = this.answers.get(operationName);
    if (!answer) throw new TypeError(`fetch failed: nobody answers ${operationName}`);
    const body = JSON.stringify(await answer(request));
    return {
      status: 200,
      headers: new Headers({ 'content-type': 'application/json' }),
      text: () => Promise.resolve(body),
    };
  }
}

export function item(id: number, version = 1, more: Partial<Item> = {}): Item {
  return {
    __typename: 'InventoryItem',
    id: String(id),
    sku: `SKU-${id}`,
    name: `Thing ${id}`,
    description: '',
    category: null,
    barcode: null,
    unit: 'unit',
    price: '1',
    cost: null,
    stock: version * 10,
    minStock: 0,
    status: 'IN_STOCK',
    visibility: 'EVERYONE',
    version,
    deletedAt: null,
    archivedAt: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    ...more,
  } as Item;
}

export function update(
  cursor: string,
  changed: Item,
  type: InventoryUpdate['type'] = 'UPDATED',
): InventoryUpdate {
  return {
    __typename: 'InventoryUpdate',
    cursor,
    timestamp: '2026-01-01T00:00:00Z',
    type,
    item: changed,
    userId: null,
    details: null,
  } as InventoryUpdate;
}

export function alertRaised(cursor: string, id: number): Omit<AlertEvent, 'kind'> {
  return {
    __typename: 'AlertRaised',
    cursor,
    timestamp: '2026-01-01T00:00:00Z',
    alert: {
      __typename: 'Alert',
      id: String(id),
      type: 'LOW_STOCK',
      severity: 'HIGH',
      status: 'OPEN',
      title: 'Low',
      message: 'It is low.',
      itemId: '1',
      itemName: 'Thing 1',
      currentStock: 1,
      minStock: 5,
      timestamp: '2026-01-01T00:00:00Z',
      acknowledgedBy: null,
      acknowledgedAt: null,
      snoozedUntil: null,
      resolvedAt: null,
      location: null,
    },
  } as Omit<AlertEvent, 'kind'>;
}

export function notification(id: number): Notification {
  return {
    __typename: 'Notification',
    id: String(id),
    type: 'INFO',
    title: `Notice ${id}`,
    message: 'So it is.',
    data: null,
    timestamp: '2026-01-01T00:00:00Z',
    readAt: null,
  } as Notification;
}
