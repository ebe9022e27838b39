// IndexedDB with promises.
export { deleteDB, openDB, unwrap, wrap } from 'idb';
