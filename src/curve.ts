/** How a parameter moves between two values. */
import { NoxrunError } from './errors'

/**
 * How a value moves: 'linear' by the same difference, 'exponential' by the same ratio a frame (both
 * ends of one sign, never 0); 'step' jumps.
 */
export type Curve = 'linear' | 'exponential' | 'step'

/** In the binding's order. */
export const CURVES = ['linear', 'exponential', 'step'] as const
export const LINEAR = 0
/** Where both ends do not allow it, the engine moves linearly. */
export const EXPONENTIAL = 1

/**
 * The binding's number of a curve that was asked for.
 * @throws NoxrunError ERR_OUT_OF_RANGE for an exponential one through or from 0
 */
export function curveNumber(name: string, curve: Curve, from: number, to: number): number {
  if (curve === 'exponential' && from * to <= 0) {
    throw new NoxrunError(
      'ERR_OUT_OF_RANGE',
      `${name} cannot move exponentially from ${from} to ${to}: both must be of one sign and not 0`,
    )
  }
  return CURVES.indexOf(curve)
}
