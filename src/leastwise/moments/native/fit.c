/* The solution of a system -> a fit in original units: centre before, undo after. */
#include "solve_private.h"

#include <stdlib.h>
#include <string.h>

static pair at(const double *hi, const double *lo, size_t i)
{
    return (pair){hi[i], lo ? lo[i] : 0.0};
}

static void put(double *hi, double *lo, size_t i, pair value)
{
    hi[i] = value.hi, lo[i] = value.lo;
}

int lw_prepare(const lw_moments *m, lw_scatter *s)
{
    size_t p = m->p, k = m->k, q = p + k, rows = p + (size_t)m->intercept;
    size_t pairs = q + 2 * k + rows * k + p;
    size_t doubles = 2 * pairs + 2 * q + 2 * p * p + 2 * p * k + p + q + rows * k
                     + 2 * k + 6 * (q + 2);
    double *a = malloc(doubles * sizeof *a);
    lw_system *y = &s->system;
    if (!a)
        return LW_NO_MEMORY;
    s->memory = a;
    s->mean = (pair *)a, a += 2 * q;
    s->yy = (pair *)a, a += 2 * k;
    s->rss = (pair *)a, a += 2 * k;
    s->coefficients = (pair *)a, a += 2 * rows * k;
    s->across = (pair *)a, a += 2 * p;
    s->local = a, a += q;
    s->local_low = a, a += q;
    y->p = p, y->k = k;
    y->xx = a, a += p * p;
    y->xx_low = a, a += p * p;
    y->xy = a, a += p * k;
    y->xy_low = a, a += p * k;
    s->grain = a, a += p;
    s->extent = a, a += q;
    s->se = a, a += rows * k;
    y->explained = a, a += k;
    y->explained_low = a, a += k;
    s->work = a;
    return LW_DONE;
}

static void centre_columns(const lw_moments *m, lw_scatter *s)
{
    s->weight = at(m->gram, m->gram_low, 0);
    for (size_t j = 0; j < m->p + m->k; j++) {
        pair shift = power_of_two(at(m->shift, m->shift_low, j), -m->exponent[j]);
        pair local = negative(shift);
        s->mean[j] = (pair){0.0, 0.0};
        if (m->intercept) {
            local = over(at(m->gram, m->gram_low, j + 1), s->weight);
            s->mean[j] = plus(local, shift);
        }
        put(s->local, s->local_low, j, local);
        s->extent[j] = m->extent[j + 1] + fabs(local.hi) * m->extent[0];
    }
}

/* Cross-products of column i with columns from i on, about the mean: g_ij - s_i l_j; or
   (u_i - l_i)(u_j - l_j) where l is zero as seen from the shift. */
static void centre_row(const lw_moments *m, const lw_scatter *s, size_t i, double *hi,
                       double *lo)
{
    size_t q = m->p + m->k, n = q - i, row = (i + 1) * (q + 1) + i + 1;
    pair sum = at(m->gram, m->gram_low, i + 1), local = at(s->local, s->local_low, i);
    memcpy(hi, m->gram + row, n * sizeof *hi);
    memcpy(lo, m->gram_low + row, n * sizeof *lo);
    add_multiple(hi, lo, negative(sum), s->local + i, s->local_low + i, n);
    if (m->intercept)
        return;
    add_multiple(hi, lo, negative(local), m->gram + i + 1, m->gram_low + i + 1, n);
    add_multiple(hi, lo, times(s->weight, local), s->local + i, s->local_low + i, n);
}

void lw_centre(const lw_moments *m, lw_scatter *s)
{
    size_t p = m->p, k = m->k;
    lw_system *y = &s->system;
    double *hi = s->work, *lo = s->work + p + k; /* one row */
    centre_columns(m, s);
    for (size_t i = 0; i < p + k; i++) {
        size_t n = i < p ? p - i : 0;
        centre_row(m, s, i, hi, lo);
        if (i >= p) {
            s->yy[i - p] = at(hi, lo, 0);
            continue;
        }
        memcpy(y->xx + i * p + i, hi, n * sizeof *hi);
        memcpy(y->xx_low + i * p + i, lo, n * sizeof *lo);
        memcpy(y->xy + i * k, hi + n, k * sizeof *hi);
        memcpy(y->xy_low + i * k, lo + n, k * sizeof *lo);
        s->grain[i] = ldexp(m->grain[i], -m->exponent[i]);
    }
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < i; j++) {
            y->xx[i * p + j] = y->xx[j * p + i];
            y->xx_low[i * p + j] = y->xx_low[j * p + i];
        }
    y->extent = s->extent, y->grain = s->grain;
    y->roundoff = m->roundoff + 0x1p-100; /* PAIR_ROUNDOFF of double.py */
    y->weight = s->weight.hi;
}

/* v += V r. Of a V in float64, what more digits of r could say is lost anyway. */
static void add_product(const lw_scatter *s, const double *r, const double *r_low,
                        double *v, double *v_low)
{
    const lw_system *y = &s->system;
    size_t p = y->p;
    for (size_t i = 0; i < p; i++) {
        const double *row = y->inverse + i * p;
        if (y->inverse_low) {
            add_multiple(v, v_low, at(r, r_low, i), row, y->inverse_low + i * p, p);
            continue;
        }
        double sum = 0.0;
        for (size_t j = 0; j < p; j++)
            sum += row[j] * r[j];
        put(v, v_low, i, plus(at(v, v_low, i), (pair){sum, 0.0}));
    }
}

/* across = V mean, corner = 1/W + mean' V mean. Where columns are nearly collinear, V is
   large and V mean is not: it is solved for, with corrections by the residual as the
   slopes have them. */
static void solve_for_mean(lw_scatter *s)
{
    size_t p = s->system.p;
    double *mean = s->work, *v = mean + 2 * p, *left = v + 2 * p;
    lw_system level = s->system;
    level.k = 1;
    level.xy = mean, level.xy_low = mean + p;
    level.slopes = v, level.slopes_low = v + p;
    for (size_t i = 0; i < p; i++) {
        put(mean, mean + p, i, s->mean[i]), put(left, left + p, i, s->mean[i]);
        put(v, v + p, i, (pair){0.0, 0.0});
    }
    for (int rounds = s->system.inverse_low ? 2 : 4; rounds > 0; rounds--) {
        add_product(s, left, left + p, v, v + p);
        lw_block_here()->remain(&level, left, left + p);
    }
    pair of_mean = {0.0, 0.0};
    for (size_t i = 0; i < p; i++) {
        s->across[i] = at(v, v + p, i);
        /* mean'v + v'(mean - S v): what is wrong with v comes in squared. */
        of_mean = plus(of_mean, times(s->across[i],
                                      plus(s->mean[i], at(left, left + p, i))));
    }
    /* Never below 0, but for a Gram whose errors leave no digit. */
    s->corner = over((pair){1.0, 0.0}, s->weight);
    if (of_mean.hi > 0.0)
        s->corner = plus(s->corner, of_mean);
}

/* b_0 = mean_y - mean' b, var(b_0) = 1/W + mean' V mean, cov(b_0, b) = -V mean. */
static void add_intercept(const lw_moments *m, lw_scatter *s)
{
    size_t p = m->p, k = m->k, lead = (size_t)m->intercept;
    const lw_system *y = &s->system;
    for (size_t i = 0; i < p; i++)
        for (size_t t = 0; t < k; t++)
            s->coefficients[(i + lead) * k + t] = at(y->slopes, y->slopes_low, i * k + t);
    if (!lead)
        return;
    solve_for_mean(s);
    for (size_t t = 0; t < k; t++) {
        pair b = s->mean[p + t];
        for (size_t i = 0; i < p; i++)
            b = minus(b, times(s->mean[i], s->coefficients[(i + 1) * k + t]));
        s->coefficients[t] = b;
    }
}

static void measure(const lw_moments *m, lw_scatter *s, lw_fit *out)
{
    size_t p = m->p, k = m->k, rows = p + (size_t)m->intercept;
    double dof = m->observations - (double)rows;
    const lw_system *y = &s->system;
    for (size_t t = 0; t < k; t++) {
        pair explained = at(y->explained, y->explained_low, t);
        pair rss = minus(s->yy[t], explained), level = at(s->local, s->local_low, p + t);
        if (m->residuals)
            rss = (pair){m->residuals[t], 0.0};
        s->rss[t] = rss.hi > 0.0 ? rss : (pair){0.0, 0.0};
        out->rss[t] = s->rss[t].hi + s->rss[t].lo;
        out->tss[t] = s->yy[t].hi + s->yy[t].lo;
        out->explained[t] = explained.hi + explained.lo;
        for (size_t i = 0; i < p; i++)
            level = minus(level, times(at(y->slopes, y->slopes_low, i * k + t),
                                       at(s->local, s->local_low, i)));
        put(out->level, out->level_low, t, level);
        for (size_t i = 0; i < rows; i++)
            s->se[i * k + t] = dof > 0.0 ? sqrt(lw_covariance(m, s, i, i).hi
                                                * (out->rss[t] / dof)) : NAN;
    }
}

/* Digits that are left of a scaled value in original units. */
static double digits_held(double scaled, double value, double digits)
{
    if (fabs(value) < 0x1p-1022 && scaled != 0.0)
        /* Below the normal range float64 has fewer digits, and at its end none. */
        return value == 0.0 ? 0.0
                            : lw_digits_of(0x1p-1074 / fabs(value) + pow(10.0, -digits));
    /* 0 with a bound above 0 has no number of digits. */
    if (!isfinite(value) || (value == 0.0 && digits < -log10(LW_UNIT)))
        return NAN;
    return digits;
}

/* Coefficients and their errors, in original units. */
static void restore(const lw_moments *m, const lw_scatter *s, lw_fit *out)
{
    size_t p = m->p, k = m->k, lead = (size_t)m->intercept;
    for (size_t i = 0; i < p + lead; i++)
        for (size_t t = 0; t < k; t++) {
            size_t to = i * k + t;
            pair b = s->coefficients[to];
            int power = m->exponent[p + t] - (i < lead ? 0 : m->exponent[i - lead]);
            double value = ldexp(b.hi + b.lo, power), se = ldexp(s->se[to], power);
            out->coefficients[to] = value, out->standard_errors[to] = se;
            if (!isfinite(value))
                /* Without a certain digit it may be any number: see result.py. */
                out->worth[to] = out->digits[to] < 1.0 ? out->digits[to] : NAN;
            if (out->worth[to] < *out->lowest)
                *out->lowest = out->worth[to];
            out->digits[to] = digits_held(b.hi, value, out->digits[to]);
            out->se_digits[to] = isfinite(se) && s->se[to] != 0.0
                                     ? digits_held(s->se[to], se, out->se_digits[to])
                                     : isfinite(se) ? out->se_digits[to] : NAN;
        }
    for (size_t i = 0; i < p; i++)
        put(out->center, out->center_low, i, power_of_two(s->mean[i], m->exponent[i]));
    for (size_t t = 0; t < k; t++) {
        out->target_mean[t] = ldexp(s->mean[p + t].hi, m->exponent[p + t]);
        out->target_exponent[t] = m->exponent[p + t];
    }
    *out->weight = ldexp(s->weight.hi + s->weight.lo, m->weight_exponent);
}

/* The correlation of the coefficients, and the root of V in original units. */
static void restore_matrices(const lw_moments *m, const lw_scatter *s, lw_fit *out)
{
    size_t p = m->p, rows = p + (size_t)m->intercept;
    const lw_system *y = &s->system;
    double *side = s->work, of_weight = pow(2.0, -m->weight_exponent / 2.0);
    for (size_t i = 0; i < rows; i++) {
        double root = sqrt(lw_covariance(m, s, i, i).hi);
        side[i] = root > 0.0 ? root : 1.0;
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++) {
            pair v = lw_covariance(m, s, i, j);
            out->correlation[i * rows + j]
                = i == j ? 1.0 : (v.hi + v.lo) / (side[i] * side[j]);
        }
    for (size_t j = 0; j < p; j++)
        side[j] = ldexp(1.0, -m->exponent[j]);
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++) {
            pair v = at(y->root, y->root_low, i * p + j);
            double whole = v.hi + v.lo;
            /* A power of two can leave the range where the product does not. */
            whole = side[j] > 0x1p-1000 && side[j] < 0x1p1000
                        ? whole * side[j] : ldexp(whole, -m->exponent[j]);
            out->root[i * p + j] = whole * of_weight;
        }
}

void lw_finish(const lw_moments *m, lw_scatter *s, lw_fit *out)
{
    add_intercept(m, s);
    measure(m, s, out);
    lw_certify(m, s, out);
    restore(m, s, out);
    restore_matrices(m, s, out);
}

/* Lay the results out in one array. */
lw_fit lw_fit_at(double *at, size_t p, size_t k, size_t m)
{
    lw_fit f;
    double **of_all[] = {&f.weight, &f.condition, &f.lowest, &f.fewest};
    double **of_both[] = {&f.coefficients, &f.standard_errors, &f.digits, &f.se_digits,
                          &f.worth};
    double **of_target[] = {&f.rss, &f.tss, &f.explained, &f.rss_digits, &f.rss_bound,
                            &f.r_squared_digits, &f.target_mean, &f.level,
                            &f.level_low, &f.target_exponent};
    for (size_t i = 0; i < 4; i++)
        *of_all[i] = at++;
    for (size_t i = 0; i < 5; i++, at += m * k)
        *of_both[i] = at;
    for (size_t i = 0; i < 10; i++, at += k)
        *of_target[i] = at;
    f.slopes = at, at += p * k;
    f.slopes_low = at, at += p * k;
    f.center = at, at += p;
    f.center_low = at, at += p;
    f.correlation = at, at += m * m;
    f.root = at;
    return f;
}
