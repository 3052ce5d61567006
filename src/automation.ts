/** The points of an automation, and the checks of them. */
import { type Curve, CURVES, curveNumber, defaultCurve } from './curve'
import type { Point } from './timeline'
import { invalid, number, oneOf, options, outOfRange } from './validate'
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
export interface Step extends Point {
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
 * Checks the points one by one.
 * @param start The value from which a write at a time moves.
 * @throws NoxrunError ERR_INVALID_ARG, ERR_OUT_OF_RANGE
 */
export function checkPoints(
  { name, min, max }: Range,
  points: readonly AutomationPoint[],
  rate: number,
  start: (time: Time) => number,
  isExponential: boolean,
): Step[] {
  const given: unknown = points
  if (!Array.isArray(given) || given.length === 0) {
    throw invalid('points', points, 'an array of at least one { at, value, curve }')
  }
  const steps: Step[] = []
  for (const [i, point] of points.entries()) {
    const path = `points[${i}]`
    if ((point as unknown) === undefined) throw invalid(path, point, '{ at, value, curve }')
    const { at, value, curve } = options(path, point, ['at', 'value', 'curve'])
    const time = requiredTime(`${path}.at`, at, rate)
    const before = steps.at(-1)
    if (before) checkOrder(`${path}.at`, time, before.time)
    const to = number(`${path}.value`, value, min, max)
    const from = before ? before.value : start(time)
    const byDefault = isExponential ? defaultCurve(from, to) : 0
    const asked = curve === undefined ? undefined : oneOf(`${path}.curve`, curve, CURVES)
    steps.push({
      time,
      value: to,
      curve: asked === undefined ? byDefault : curveNumber(`${name} (${path})`, asked, from, to),
    })
  }
  return steps
}

/** A step, and the time of the point from which it is gone to. */
export interface Way {
  readonly from: Time
  readonly step: Step
}

/**
 * The ways that new steps make: to each from the point before it, and to each point of an
 * automation that follows a new step, from there.
 * @param begin Where the first step is gone to from.
 * @param later What is scheduled for later times than the first step's, in order.
 */
export function ways(begin: Time, steps: readonly Step[], later: readonly Point[]): Way[] {
  const made: Way[] = []
  let [from, isFromNew, next] = [begin, true, 0]
  const pass = (point: Point, isNew: boolean): void => {
    const { curve } = point
    if (curve !== undefined && (isNew || isFromNew)) made.push({ from, step: { ...point, curve } })
    from = point.time
    isFromNew = isNew
  }
  for (const step of steps) {
    // Of one time, what was scheduled earlier comes first.
    for (; (later[next]?.time.at ?? Infinity) <= step.time.at; next++) pass(later[next] as Point, false)
    pass(step, true)
  }
  const follows = later[next]
  if (follows) pass(follows, false)
  return made
}

function checkOrder(name: string, time: Time, before: Time): void {
  const kind = before.beat ? 'beat' : 'frame'
  if (time.beat !== before.beat) {
    const got = { [time.beat ? 'beat' : 'frame']: time.at }
    const allowed = before.beat ? 'a { beat } as the points before' : 'seconds or a { frame } as the points before'
    throw invalid(name, got, allowed)
  }
  if (time.at < before.at) throw outOfRange(name, time.at, `${kind} ${before.at} or later, as the point before`)
}
