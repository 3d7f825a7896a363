// The recipe for urql, with answers that come late: see recipe_late.js.
import { ITEMS, lateAnswers } from './recipe_late.js';
import { client } from './urql.js';

const query = (requestPolicy) => client.query(ITEMS, {}, { requestPolicy }).toPromise();
await lateAnswers({
  ask: () => query('network-only'),
  cached: async () => (await query('cache-only')).data,
});
