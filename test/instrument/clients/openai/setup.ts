import { type FakeOpenAIOptions, startOpenAI } from '../../../support/vendors/openai.ts';
import { setUpWith } from '../vendor-setup.ts';

export const setUp = (options: FakeOpenAIOptions = {}) => setUpWith(() => startOpenAI(options));
