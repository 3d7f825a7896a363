// Contestant: Mercurius on Fastify with its own WebSocket transport and mqemitter. PORT.
import Fastify from "fastify";
import mercurius from "mercurius";
import { connection, nextUpdate, pageFromMemory, typeDefs } from "./schema.js";

const TOPIC = "INVENTORY_UPDATED";
const app = Fastify();

const resolvers = {
  Query: { items: async (_, { first }) => connection(pageFromMemory(first)) },
  Mutation: {
    emit: async (_, { count }, { pubsub }) => {
      for (let n = 0; n < count; n += 1) {
        await pubsub.publish({ topic: TOPIC, payload: { inventoryUpdated: nextUpdate() } });
      }
      return true;
    },
  },
  Subscription: {
    inventoryUpdated: { subscribe: async (_, __, { pubsub }) => pubsub.subscribe(TOPIC) },
  },
};

app.register(mercurius, { schema: typeDefs, resolvers, subscription: true, jit: 1 });
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT), backlog: 4096 });
process.on("SIGTERM", () => process.exit(0));
