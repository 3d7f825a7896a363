// The GraphQL-over-HTTP audits of npm's graphql-http against the server at URL, told as JSON lines:
// one for each audit, with what it wants and, where that is missed, what came instead.
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.env.URL });
for (const { id, name, status, reason } of results) {
  process.stdout.write(`${JSON.stringify({ id, name, status, reason: reason ?? null })}\n`);
}
