const ITEM = graphql`
  fragment Items_item on InventoryItem
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 10 }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  )
  @refetchable(queryName: "ItemsMovementsQuery") {
    id
    sku
    movements(first: $first, after: $after, last: $last, before: $before)
      @connection(key: "Items_movements") {
      edges {
        node {
          id
          quantity
        }
      }
    }
  }
`;

const LIST = graphql`
  fragment Items_list on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" })
  @refetchable(queryName: "ItemsListQuery") {
    items(first: $first, after: $after) @connection(key: "Items_items") {
      edges {
        node {
          ...Items_item
        }
      }
    }
  }
`;

const PAGE = graphql`
  query ItemsQuery($ids: [ID!]!) {
    me {
      name
    }
    nodes(ids: $ids) {
      id
      ... on Alert {
        title
      }
    }
    ...Items_list
  }
`;
