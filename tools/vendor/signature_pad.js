// The pad a customer signs on: strokes as points with time and pressure.
export { default as SignaturePad } from 'signature_pad';
