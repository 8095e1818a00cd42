/* The certificate of solve/certify.py: how many digits of each number are right. */
#include "solve_private.h"

/* The constants of solve/digits.py. */
static const double UNIT = 0x1p-53, AMPLIFICATION_LIMIT = 0.1,
                    ALGEBRA_ROUNDOFF = 0x1p-102, PAIR_ROUNDOFF = 0x1p-100;

/* What relative errors of a Gram are multiplied by. */
typedef struct {
    double *gain;               /* m */
    double amplification;
} sizes;

typedef struct {
    double size, explained, total;
} of_target;

static double digits_of(double error)
{
    double digits = -log10(fmax(error, UNIT));
    return isnan(error) ? 0.0 : fmin(fmax(digits, 0.0), -log10(UNIT));
}

static double lower(double lowest, double digits)
{
    return digits >= lowest ? lowest : isnan(digits) ? 0.0 : digits;
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
    double *first = work + 1 + p, *moved = first + p, one = m->extent[0];
    double corner = 0.0, total = 0.0, share = 1.0 / s->weight.hi;
    double level = share, beside = 0.0, across = 0.0;
    sizes out = {work, 0.0};
    for (size_t i = 0; i < p; i++)
        first[i] = moved[i] = 0.0;
    for (size_t r = 0; r < p; r++) {
        double half = 0.0, other = 0.0;
        for (size_t j = 0; j <= r; j++) {
            half += root[r * p + j] * s->local[j];
            other += root[r * p + j] * s->mean[j].hi;
        }
        for (size_t j = 0; j <= r; j++) {
            first[j] += root[r * p + j] * half;
            moved[j] += root[r * p + j] * other;
        }
        corner += half * half;
        level += other * half;
    }
    for (size_t i = 0; i < p; i++) {
        double gain = fabs(first[i]) * one;
        for (size_t j = 0; j < p; j++)
            gain += fabs(v[i * p + j]) * d[j];
        out.gain[lead + i] = gain;
        across += fabs(first[i]) * d[i];
        total += d[i] * gain;
        beside += fabs(moved[i]) * d[i];
    }
    if (m->intercept) {
        out.gain[0] = fabs(level) * one + beside;
        corner += share;
    }
    out.amplification = total + one * (corner * one + across);
    return out;
}

static of_target fold_target(const lw_moments *m, const lw_scatter *s, size_t t)
{
    size_t p = m->p, k = m->k;
    double one = m->extent[0], y = s->local[p + t], d_y = m->extent[1 + p + t];
    double moved = 0.0, slopes = 0.0;
    for (size_t i = 0; i < p; i++) {
        moved += s->local[i] * s->system.slopes[i * k + t];
        slopes += m->extent[1 + i] * fabs(s->system.slopes[i * k + t]);
    }
    of_target out = {
        .size = slopes + fabs(y - moved) * one + d_y,
        .explained = (slopes + fabs(moved) * one)
                     * (slopes + fabs(2.0 * y - moved) * one + 2.0 * d_y),
        .total = d_y + fabs(y) * one,
    };
    out.total *= out.total;
    return out;
}

/* The rounding of our own algebra, whose errors have no structure. */
static sizes of_pairs(const lw_moments *m, const lw_scatter *s, double *work)
{
    size_t p = m->p, lead = (size_t)m->intercept;
    double total = 0.0, level = 1.0 / sqrt(s->weight.hi);
    sizes out = {work, 0.0};
    for (size_t i = 0; i < p; i++) {
        double root = sqrt(s->system.inverse[i * p + i]);
        total += root * s->extent[i];
        level += fabs(s->mean[i].hi) * root;
        out.gain[lead + i] = root;
    }
    if (m->intercept)
        out.gain[0] = level;
    for (size_t i = 0; i < p + lead; i++)
        out.gain[i] *= fmax(total, 1.0);
    out.amplification = total * total;
    return out;
}

static of_target pairs_target(const lw_moments *m, const lw_scatter *s, size_t t)
{
    double d_y = s->extent[m->p + t], slopes = 0.0;
    for (size_t i = 0; i < m->p; i++)
        slopes += s->extent[i] * fabs(s->system.slopes[i * m->k + t]);
    double size = slopes + d_y;
    return (of_target){size, size * size, d_y * d_y};
}

static double of_r_squared(const lw_moments *m, const lw_scatter *s, of_target a,
                           of_target b, size_t t)
{
    double e = m->roundoff, tss = s->yy[t].hi, explained = s->system.explained[t];
    double total = e * a.total + ALGEBRA_ROUNDOFF * b.total;
    double rest = e * a.size * a.size + ALGEBRA_ROUNDOFF * b.size * b.size;
    double of_explained = e * a.explained + ALGEBRA_ROUNDOFF * b.explained;
    double as_share = ratio(of_explained, explained) + ratio(total, tss);
    double as_rest = ratio(rest + total * fabs(tss - explained) / tss, explained);
    return fmin(as_share, as_rest);
}

void lw_certify(const lw_moments *m, const lw_scatter *s, lw_fit *out)
{
    size_t p = m->p, k = m->k, rows = p + (size_t)m->intercept;
    double e = m->roundoff, a = ALGEBRA_ROUNDOFF;
    double of_inverse = fmax(e, s->inverse_roundoff);
    sizes fold = of_fold(m, s, s->work), ours = of_pairs(m, s, s->work + 3 * (p + 1));
    double q = e * fold.amplification + a * ours.amplification;
    double higher = q < AMPLIFICATION_LIMIT ? 1.0 / (1.0 - q) : INFINITY;
    double lowest = -log10(UNIT);
    for (size_t t = 0; t < k; t++) {
        of_target f = fold_target(m, s, t), o = pairs_target(m, s, t);
        double rss = s->rss[t].hi, gram = e * f.size * f.size + a * o.size * o.size;
        double bound = higher * gram, relative;
        if (m->residuals) {
            /* A residual summed in pairs: some operations for each input. */
            double rounding = 64.0 * PAIR_ROUNDOFF * o.size;
            bound = higher * q * gram + rounding * (2.0 * sqrt(rss) + rounding);
        }
        relative = m->residuals && rss == 0.0 ? 0.0 : ratio(bound, rss);
        out->rss_bound[t] = bound;
        out->rss_digits[t] = digits_of(relative + UNIT);
        out->r_squared_digits[t] = digits_of(
            (m->residuals && rss == 0.0 ? 0.0 : higher * of_r_squared(m, s, f, o, t))
            + 3.0 * UNIT);
        for (size_t i = 0; i < rows; i++) {
            size_t at = i * k + t;
            double b = fabs(s->coefficients[at].hi), larger = fmax(b, s->se[at]);
            double off = higher * (e * fold.gain[i] * f.size + a * ours.gain[i] * o.size);
            double variance = higher * (of_inverse * fold.gain[i] * fold.gain[i]
                                        + a * ours.gain[i] * ours.gain[i]);
            variance = ratio(variance, lw_covariance(m, s, i, i).hi);
            out->digits[at] = digits_of(ratio(off, b) + UNIT);
            out->worth[at] = digits_of(ratio(off, larger) + UNIT);
            out->se_digits[at] = digits_of(0.5 * (variance + relative) + 3.0 * UNIT);
            lowest = lower(lowest, out->worth[at]);
        }
        lowest = lower(lowest, out->rss_digits[t]);
    }
    *out->lowest = lowest;
    *out->condition = fold.amplification;
}
