export { ApiError, GoogleGenAI } from '@google/genai';
