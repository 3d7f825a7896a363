/** Apollo's context of a request that is sent even when its page is closed meanwhile. */
export const OUTLIVES_PAGE = { fetchOptions: { keepalive: true } };
