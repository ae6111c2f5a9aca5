export { createOpenAI } from '@ai-sdk/openai';
export * from 'ai';
export { z } from 'zod';
