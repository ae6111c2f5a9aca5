export { Agent, fetch, Headers, request, Request } from 'undici';
