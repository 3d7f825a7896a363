/** The client kit: everything that a front end of the inventory imports. See README.md. */
export * from './core';
export * from './react';
// Typed documents, input types and enums: './generated/graphql', written by `npm run generate`.
