// Contestant: Apollo Server with Express, graphql-ws on ws, graphql-subscriptions' PubSub,
// put together as Apollo's documentation shows. PORT, and BENCH_SQLITE for pages from SQLite.
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { ApolloServer } from "@apollo/server";
import { expressMiddleware } from "@as-integrations/express5";
import { makeExecutableSchema } from "@graphql-tools/schema";
import express from "express";
import { PubSub } from "graphql-subscriptions";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import { connection, nextUpdate, pageFromMemory, pageFromSqlite, typeDefs } from "./schema.js";

const TOPIC = "INVENTORY_UPDATED";
const eventEmitter = new EventEmitter();
eventEmitter.setMaxListeners(0);
const pubsub = new PubSub({ eventEmitter });
const page = process.env.BENCH_SQLITE ? await pageFromSqlite(process.env.BENCH_SQLITE) : pageFromMemory;

const resolvers = {
  Query: { items: (_, { first, after }) => connection(page(first, after)) },
  Mutation: {
    emit: async (_, { count }) => {
      for (let n = 0; n < count; n += 1) await pubsub.publish(TOPIC, { inventoryUpdated: nextUpdate() });
      return true;
    },
  },
  Subscription: { inventoryUpdated: { subscribe: () => pubsub.asyncIterableIterator(TOPIC) } },
};

const schema = makeExecutableSchema({ typeDefs, resolvers });
const app = express();
const httpServer = createServer(app);
useServer({ schema }, new WebSocketServer({ server: httpServer, path: "/graphql" }));
const server = new ApolloServer({ schema });
await server.start();
app.use("/graphql", express.json(), expressMiddleware(server));
httpServer.listen({ host: "127.0.0.1", port: Number(process.env.PORT), backlog: 4096 });
process.on("SIGTERM", () => process.exit(0));
