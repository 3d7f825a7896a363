/** A WebSocket whose server is the test. Every one that was opened stands in FakeSocket.all. */

type Message = { type: string; id?: string; payload?: Record<string, unknown> };

export class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static all: FakeSocket[] = [];

  readyState = FakeSocket.CONNECTING;
  onopen: (() => void) | null = null;
  onclose: ((event: object) => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  readonly sent: Message[] = [];
  readonly url: string;

  constructor(url: string | URL) {
    super();
    this.url = String(url);
    FakeSocket.all.push(this);
  }

  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error('No socket was opened.');
    return last;
  }

  /** How many are open or opening. */
  static get open(): number {
    return FakeSocket.all.filter(({ readyState }) => readyState <= FakeSocket.OPEN).length;
  }

  // The client's side

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Message);
  }

  close(code = 1000, reason = ''): void {
    this.drop(code, reason);
  }

  // The server's side

  accept(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  receive(message: Message): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  drop(code = 1006, reason = ''): void {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.({ code, reason, wasClean: code !== 1006 });
  }

  /** The subscriptions that stand, oldest first. */
  get subscriptions(): Message[] {
    const completed = new Set(this.ids('complete'));
    return this.sent.filter(({ type, id }) => type === 'subscribe' && !completed.has(id));
  }

  /** The newest one whose document asks for `field`. */
  subscription(field: string): { id: string; variables: Record<string, unknown> } {
    const found = this.subscriptions.findLast(({ payload }) =>
      String(payload?.query).includes(field),
    );
    if (!found?.id) throw new Error(`Nobody subscribed to ${field}.`);
    return { id: found.id, variables: (found.payload?.variables ?? {}) as Record<string, unknown> };
  }

  /** Deliver an event to the subscription for `field`. */
  event(field: string, event: object): void {
    const { id } = this.subscription(field);
    this.receive({ type: 'next', id, payload: { data: { [field]: event } } });
  }

  fail(field: string, code: string, extensions: object = {}): void {
    const { id } = this.subscription(field);
    const errors = [{ message: code, extensions: { code, ...extensions } }];
    this.receive({ type: 'error', id, payload: errors as never });
  }

  /** Answer the client's pings, as a server does once it has read what came before them. */
  pong(): void {
    for (const { payload } of this.sent.filter(({ type }) => type === 'ping')) {
      this.receive({ type: 'pong', ...(payload && { payload }) });
    }
  }

  /** The server's heartbeat: everything up to `cursor` was delivered. */
  ping(cursor: string): void {
    this.receive({ type: 'ping', payload: { cursor } });
  }

  ids(type: string): (string | undefined)[] {
    return this.sent.filter((message) => message.type === type).map(({ id }) => id);
  }
}
