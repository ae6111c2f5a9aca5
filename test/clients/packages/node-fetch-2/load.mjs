export { default as fetch, Headers, Request } from 'node-fetch';
