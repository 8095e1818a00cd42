/* The certificate of solve/certify.py: how many digits of each number are right. */
#include "solve_private.h"

/* The constants of solve/digits.py. */
static const double AMPLIFICATION_LIMIT = 0.1,
                    ALGEBRA_ROUNDOFF = 0x1p-102, PAIR_ROUNDOFF = 0x1p-100,
                    SPREAD = 8.0;

/* What relative errors of a Gram are multiplied by, in the row of each coefficient:
   a sum, and the root of the sum of squares. */
typedef struct {
    double *gain, *spread;      /* m */
    double amplification;
} sizes;

/* The same of our own algebra: the row of the intercept is made of these. */
typedef struct {
    double *gain;               /* m; what V alone would make of the first */
    double at_zero, second, mean_level, amplification;
} own_sizes;

typedef struct {
    double size, width, explained, total;
} of_target;

static double lower(double lowest, double digits)
{
    return digits >= lowest ? lowest : isnan(digits) ? 0.0 : digits;
}

/* A mean is rounded as part of what it is the sum of. */
static double rounded_mean(const lw_scatter *s, size_t j)
{
    return fabs(s->local[j]) + fabs(s->mean[j].hi - s->local[j]);
}

static double ratio(double bound, double value)
{
    return bound == 0.0 ? 0.0 : bound / value;
}

/* Errors of the augmented Gram about the shift. Through the root R of V = R'R, so that
   squares stay positive, whatever cancels in V itself. */
static sizes of_fold(const lw_moments *m, const lw_scatter *s, double *work)
{
    size_t p = m->p, lead = (size_t)m->intercept;
    const double *v = s->system.inverse, *root = s->system.root, *d = m->extent + 1;
    double *first = work + 2 * (p + 1), one = m->extent[0];
    double corner = 0.0, total = 0.0, across = 0.0;
    sizes out = {work, work + p + 1, 0.0};
    for (size_t i = 0; i < p; i++)
        first[i] = 0.0;
    for (size_t r = 0; r < p; r++) {
        double half = 0.0;
        for (size_t j = 0; j <= r; j++)
            half += root[r * p + j] * s->local[j];
        for (size_t j = 0; j <= r; j++)
            first[j] += root[r * p + j] * half;
        corner += half * half;
    }
    for (size_t i = 0; i < p; i++) {
        double gain = fabs(first[i]) * one, square = gain * gain;
        for (size_t j = 0; j < p; j++) {
            double term = fabs(v[i * p + j]) * d[j];
            gain += term, square += term * term;
        }
        out.gain[lead + i] = gain, out.spread[lead + i] = sqrt(square);
        across += fabs(first[i]) * d[i];
        total += d[i] * gain;
    }
    if (lead) {
        /* The row of the intercept at zero, which is not the one at the shift. */
        double share = 1.0 / s->weight.hi, level = share, gain = 0.0, square = 0.0;
        for (size_t i = 0; i < p; i++) {
            double of_level = s->across[i].hi, term = fabs(of_level) * d[i];
            level += of_level * s->local[i];
            gain += term, square += term * term;
        }
        level = fabs(level) * one;
        out.gain[0] = gain + level, out.spread[0] = sqrt(square + level * level);
        corner += share;
    }
    out.amplification = total + one * (corner * one + across);
    return out;
}

static of_target fold_target(const lw_moments *m, const lw_scatter *s, size_t t)
{
    size_t p = m->p, k = m->k;
    double one = m->extent[0], y = s->local[p + t], d_y = m->extent[1 + p + t];
    double moved = 0.0, slopes = 0.0, square = 0.0, level;
    for (size_t i = 0; i < p; i++) {
        double b = s->system.slopes[i * k + t], term = m->extent[1 + i] * fabs(b);
        moved += s->local[i] * b;
        slopes += term, square += term * term;
    }
    level = fabs(y - moved) * one;
    of_target out = {
        .size = slopes + level + d_y,
        .width = sqrt(square + level * level + d_y * d_y),
        .explained = (slopes + fabs(moved) * one)
                     * (slopes + fabs(2.0 * y - moved) * one + 2.0 * d_y),
        .total = d_y + fabs(y) * one,
    };
    out.total *= out.total;
    return out;
}

/* The rounding of our own algebra, whose errors have less structure. The row of the
   intercept is solved for and corrected. */
static own_sizes of_pairs(const lw_moments *m, const lw_scatter *s, double *work)
{
    size_t p = m->p, lead = (size_t)m->intercept;
    double total = 0.0, rough = 0.0;
    own_sizes out = {.gain = work};
    for (size_t i = 0; i < p; i++)
        total += sqrt(s->system.inverse[i * p + i]) * s->extent[i];
    for (size_t i = 0; i < p; i++) {
        double gain = sqrt(s->system.inverse[i * p + i]) * fmax(total, 1.0);
        out.gain[lead + i] = gain;
        rough += fabs(s->mean[i].hi) * gain;
        if (lead) {
            double level = fabs(s->across[i].hi);
            out.at_zero += level * s->extent[i];
            out.mean_level += level * rounded_mean(s, i);
        }
    }
    out.amplification = total * total;
    out.second = ALGEBRA_ROUNDOFF * out.amplification * rough;
    return out;
}

static double own_bound(const own_sizes *o, const lw_moments *m, const lw_scatter *s,
                        size_t i, size_t t, double size)
{
    if (i > 0 || !m->intercept)
        return o->gain[i] * size;
    double mean = rounded_mean(s, m->p + t);
    for (size_t j = 0; j < m->p; j++)
        mean += rounded_mean(s, j) * fabs(s->system.slopes[j * m->k + t]);
    return (o->at_zero + o->second) * size + mean;
}

static double own_variance(const own_sizes *o, const lw_moments *m,
                           const lw_scatter *s, size_t i)
{
    if (i > 0 || !m->intercept)
        return o->gain[i] * o->gain[i];
    return o->at_zero * o->at_zero + 2.0 * o->mean_level + o->second * o->second
           + 1.0 / s->weight.hi;
}

static of_target pairs_target(const lw_moments *m, const lw_scatter *s, size_t t)
{
    double d_y = s->extent[m->p + t], slopes = 0.0;
    for (size_t i = 0; i < m->p; i++)
        slopes += s->extent[i] * fabs(s->system.slopes[i * m->k + t]);
    double size = slopes + d_y;
    return (of_target){size, size, size * size, d_y * d_y};
}

/* What all errors at their largest make, or, where that is less, errors whose signs
   follow no rule. */
static double least(double worst, double spread)
{
    return fmin(worst, SPREAD * spread);
}

static double of_r_squared(const lw_moments *m, const lw_scatter *s, of_target a,
                           of_target b, size_t t)
{
    double e = m->roundoff, tss = s->yy[t].hi, explained = s->system.explained[t];
    double total = e * a.total + ALGEBRA_ROUNDOFF * b.total;
    double rest = e * least(a.size * a.size, a.width * a.width)
                  + ALGEBRA_ROUNDOFF * b.size * b.size;
    double of_explained = e * a.explained + ALGEBRA_ROUNDOFF * b.explained;
    double as_share = ratio(of_explained, explained) + ratio(total, tss);
    double as_rest = ratio(rest + total * fabs(tss - explained) / tss, explained);
    return fmin(as_share, as_rest);
}

void lw_certify(const lw_moments *m, const lw_scatter *s, lw_fit *out)
{
    size_t p = m->p, k = m->k, rows = p + (size_t)m->intercept;
    double e = m->roundoff, a = ALGEBRA_ROUNDOFF;
    sizes fold = of_fold(m, s, s->work);
    own_sizes ours = of_pairs(m, s, s->work + 3 * (p + 1));
    double q = e * fold.amplification + a * ours.amplification;
    double higher = q < AMPLIFICATION_LIMIT ? q / (1.0 - q) : INFINITY;
    double lowest = -log10(LW_UNIT), fewest = lowest;
    for (size_t t = 0; t < k; t++) {
        of_target f = fold_target(m, s, t), o = pairs_target(m, s, t);
        double rss = s->rss[t].hi, worst = e * f.size * f.size, own = a * o.size * o.size;
        double bound = e * least(f.size * f.size, f.width * f.width) + own
                       + higher * (worst + own), relative;
        int settled = m->residuals && rss == 0.0;
        if (m->residuals) {
            /* A residual summed in pairs: some operations for each input. */
            double rounding = 64.0 * PAIR_ROUNDOFF * o.size;
            bound = higher * (worst + own) + rounding * (2.0 * sqrt(rss) + rounding);
        }
        relative = settled ? 0.0 : ratio(bound, rss);
        out->rss_bound[t] = bound;
        out->rss_digits[t] = lw_digits_of(relative + LW_UNIT);
        double share = settled ? 0.0 : (1.0 + higher) * of_r_squared(m, s, f, o, t);
        /* 0/0 is no R-squared, and 0 has no relative digits. */
        int none = s->yy[t].hi <= 0.0 || (!settled && s->system.explained[t] == 0.0);
        out->r_squared_digits[t] = none ? NAN : lw_digits_of(share + 3.0 * LW_UNIT);
        for (size_t i = 0; i < rows; i++) {
            size_t at = i * k + t;
            double b = fabs(s->coefficients[at].hi), larger = fmax(b, s->se[at]);
            double gain = fold.gain[i], spread = fold.spread[i];
            double of_own = a * own_bound(&ours, m, s, i, t, o.size);
            double off = e * least(gain * f.size, spread * f.width) + of_own
                         + higher * (e * gain * f.size + of_own);
            of_own = a * own_variance(&ours, m, s, i);
            double variance = e * least(gain * gain, spread * spread) + of_own
                              + higher * (e * gain * gain + of_own)
                              + s->inverse_roundoff * gain * gain;
            variance = ratio(variance, lw_covariance(m, s, i, i).hi);
            out->digits[at] = lw_digits_of(ratio(off, b) + LW_UNIT);
            out->worth[at] = lw_digits_of(ratio(off, larger) + LW_UNIT);
            out->se_digits[at] = lw_digits_of(0.5 * (variance + relative) + 3.0 * LW_UNIT);
            lowest = lower(lowest, out->worth[at]);
            fewest = fmin(fewest, fmin(out->digits[at], out->se_digits[at]));
        }
        lowest = lower(lowest, out->rss_digits[t]);
    }
    *out->lowest = lowest, *out->fewest = fewest;
    *out->condition = fold.amplification;
}
