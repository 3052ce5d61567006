/** The points of an automation, and the checks of their types. */
import { type Curve, CURVES, curveNumber } from './curve'
import { finite, invalid, oneOf, options } from './validate'
import { type Time, type When, requiredTime } from './when'

/** A point that a parameter passes. */
export interface AutomationPoint {
  /** When `value` is reached. */
  at: When
  /** Within the parameter's `min` and `max`. */
  value: number
  /** How it is reached from the point before; default as `SetOptions.curve`. */
  curve?: Curve
}

/** A point as the binding takes it. */
export interface Step {
  readonly time: Time
  readonly value: number
  /** The binding's number of the curve. */
  readonly curve: number
}

/** What is to be known of the parameter. */
interface Range {
  readonly name: string
  readonly min: number
  readonly max: number
}

/**
 * Checks the points one by one; their ranges and their order the engine checks.
 * @param start The value from which the first one is reached.
 * @param byDefault The number of the curve of a point that names none.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
 */
export function checkPoints(
  { name, min, max }: Range,
  points: readonly AutomationPoint[],
  rate: number,
  start: number,
  byDefault: number,
): Step[] {
  const given: unknown = points
  if (!Array.isArray(given) || given.length === 0) {
    throw invalid('points', points, 'an array of at least one { at, value, curve }')
  }
  const steps: Step[] = []
  let from = start
  for (const [i, point] of points.entries()) {
    const path = `points[${i}]`
    if ((point as unknown) === undefined) throw invalid(path, point, '{ at, value, curve }')
    const { at, value, curve } = options(path, point, ['at', 'value', 'curve'])
    const time = requiredTime(`${path}.at`, at, rate)
    const to = finite(`${path}.value`, value, min, max)
    const asked = curve === undefined ? undefined : oneOf(`${path}.curve`, curve, CURVES)
    steps.push({
      time,
      value: to,
      curve: asked === undefined ? byDefault : curveNumber(`${name} (${path})`, asked, from, to),
    })
    from = to
  }
  return steps
}
