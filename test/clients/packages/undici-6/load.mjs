export { Agent, fetch, Headers, Request, request } from 'undici';
