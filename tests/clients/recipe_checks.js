// The Apollo recipes, with answers that come late: see recipe_late.js.
import { gql } from '@apollo/client/core';
import { ITEMS, lateAnswers } from './recipe_late.js';
import { client } from './RECIPE';

const query = gql(ITEMS);
await lateAnswers({
  ask: () => client.query({ query, fetchPolicy: 'network-only' }),
  cached: () => client.readQuery({ query }),
});
