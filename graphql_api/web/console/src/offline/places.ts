/** Where the bookings that wait are shown. */
export const WAITING = '/waiting';
