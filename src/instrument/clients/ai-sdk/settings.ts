import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../../semconv.ts';
import { promptAttributes } from '../api/messages.ts';
import { known, numberOf, type Shape } from '../api/shape.ts';
import { promptOf } from './messages.ts';

/** What version 7 says about a model's call before it. */
export function settingsAttributes(settings: Shape, captureInput: boolean): Attributes {
  const { stopSequences: stops, messages, instructions } = settings;
  return known<Attributes[string]>({
    [ATTR.maxTokens]: numberOf(settings.maxOutputTokens),
    [ATTR.temperature]: numberOf(settings.temperature),
    [ATTR.topP]: numberOf(settings.topP),
    [ATTR.topK]: numberOf(settings.topK),
    [ATTR.frequencyPenalty]: numberOf(settings.frequencyPenalty),
    [ATTR.presencePenalty]: numberOf(settings.presencePenalty),
    [ATTR.seed]: numberOf(settings.seed),
    [ATTR.stopSequences]: Array.isArray(stops) ? stops.map(String) : undefined,
    ...(captureInput ? promptAttributes(promptOf(messages, instructions)) : {}),
  });
}

/** What versions 5 and 6 say, by their spans' attributes. */
export function spanAttributes(span: Shape, captureInput: boolean): Attributes {
  const settings = {
    maxOutputTokens: span['gen_ai.request.max_tokens'],
    temperature: span['gen_ai.request.temperature'],
    topP: span['gen_ai.request.top_p'],
    topK: span['gen_ai.request.top_k'],
    frequencyPenalty: span['gen_ai.request.frequency_penalty'],
    presencePenalty: span['gen_ai.request.presence_penalty'],
    seed: span['ai.settings.seed'],
    stopSequences: span['gen_ai.request.stop_sequences'],
    messages: span['ai.prompt.messages'],
  };
  return settingsAttributes(settings, captureInput);
}
