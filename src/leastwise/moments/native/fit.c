/* Moments -> a fit in original units: centre, solve, certify, undo shift and scale. */
#include "block.h"
#include "solve_private.h"

#include <stdlib.h>
#include <string.h>

enum { DONE, NOT_HERE, NO_MEMORY };

static pair at(const double *hi, const double *lo, size_t i)
{
    return (pair){hi[i], lo[i]};
}

static void put(double *hi, double *lo, size_t i, pair value)
{
    hi[i] = value.hi, lo[i] = value.lo;
}

/* The centred (or carried to zero) cross-product of columns i and j. */
static pair inner(const lw_moments *m, const lw_scatter *s, size_t i, size_t j)
{
    size_t q = 1 + m->p + m->k;
    pair g = at(m->gram, m->gram_low, (i + 1) * q + j + 1);
    pair first = at(m->gram, m->gram_low, i + 1), second = at(m->gram, m->gram_low, j + 1);
    if (m->intercept)
        return minus(g, times(first, s->local[j]));
    /* (u_i - l_i)(u_j - l_j), where l is zero as seen from the shift. */
    g = minus(g, plus(times(first, s->local[j]), times(second, s->local[i])));
    return plus(g, times(s->weight, times(s->local[i], s->local[j])));
}

static void centre(const lw_moments *m, lw_scatter *s)
{
    size_t p = m->p, k = m->k;
    lw_system *y = &s->system;
    s->weight = at(m->gram, m->gram_low, 0);
    for (size_t j = 0; j < p + k; j++) {
        pair shift = power_of_two(at(m->shift, m->shift_low, j), -m->exponent[j]);
        if (m->intercept) {
            s->local[j] = over(at(m->gram, m->gram_low, j + 1), s->weight);
            s->mean[j] = plus(s->local[j], shift);
        } else {
            s->local[j] = negative(shift);
            s->mean[j] = (pair){0.0, 0.0};
        }
        s->extent[j] = m->extent[j + 1] + fabs(s->local[j].hi) * m->extent[0];
    }
    for (size_t i = 0; i < p; i++) {
        for (size_t j = i; j < p; j++) {
            pair value = inner(m, s, i, j);
            put(y->xx, y->xx_low, i * p + j, value);
            put(y->xx, y->xx_low, j * p + i, value);
        }
        for (size_t t = 0; t < k; t++)
            put(y->xy, y->xy_low, i * k + t, inner(m, s, i, p + t));
        ((double *)y->grain)[i] = ldexp(m->grain[i], -m->exponent[i]);
    }
    for (size_t t = 0; t < k; t++)
        s->yy[t] = inner(m, s, p + t, p + t);
    y->extent = s->extent;
    y->roundoff = m->roundoff + 0x1p-100; /* PAIR_ROUNDOFF of double.py */
    y->weight = s->weight.hi;
}

/* One piece of memory for everything. */
static int prepare(const lw_moments *m, lw_scatter *s, lw_fit *out, double **work)
{
    size_t p = m->p, k = m->k, q = p + k, lead = p + (size_t)m->intercept;
    size_t pairs = 2 * q + 2 * k + lead * k + lead * lead;
    size_t doubles = 2 * pairs + 4 * p * p + 2 * p * k + p + q + lead * k + 6 * (q + 2)
                     + 2 * k + 2 * p * p + lw_system_work(p, k);
    double *a = calloc(doubles, sizeof *a);
    lw_system *y = &s->system;
    if (!a)
        return NO_MEMORY;
    s->memory = a;
    s->local = (pair *)a, a += 2 * q;
    s->mean = (pair *)a, a += 2 * q;
    s->yy = (pair *)a, a += 2 * k;
    s->rss = (pair *)a, a += 2 * k;
    s->coefficients = (pair *)a, a += 2 * lead * k;
    s->inverse = (pair *)a, a += 2 * lead * lead;
    y->p = p, y->k = k;
    y->xx = a, a += p * p;
    y->xx_low = a, a += p * p;
    y->inverse = a, a += p * p;
    y->inverse_low = a, a += p * p;
    y->root = a, a += p * p;
    y->root_low = a, a += p * p;
    y->xy = a, a += p * k;
    y->xy_low = a, a += p * k;
    y->grain = a, a += p;
    s->extent = a, a += q;
    s->se = a, a += lead * k;
    y->explained = a, a += k;
    y->explained_low = a, a += k;
    *work = a, a += 6 * (q + 2);
    y->work = a;
    y->slopes = out->slopes, y->slopes_low = out->slopes_low;
    return DONE;
}

/* v += V r, where r = mean - S v is what v lacks of solving S v = mean. */
static void correct(const lw_scatter *s, pair *v, pair *left)
{
    const lw_system *y = &s->system;
    size_t p = y->p;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            v[i] = plus(v[i], times(at(y->inverse, y->inverse_low, i * p + j), left[j]));
    for (size_t i = 0; i < p; i++) {
        left[i] = s->mean[i];
        for (size_t j = 0; j < p; j++)
            left[i] = minus(left[i], times(at(y->xx, y->xx_low, i * p + j), v[j]));
    }
}

/* Coefficients and (X'WX)^-1 with the row of the intercept, if any:
   b_0 = mean_y - mean' b, var(b_0) = 1/W + mean' V mean, cov(b_0, b) = -V mean. */
static void add_intercept(const lw_moments *m, lw_scatter *s)
{
    size_t p = m->p, k = m->k, lead = (size_t)m->intercept, rows = p + lead;
    const lw_system *y = &s->system;
    /* The space that the solution was worked out in is free by now. */
    pair *v = (pair *)y->work, *left = v + p, corner = over((pair){1.0, 0.0}, s->weight);
    for (size_t i = 0; i < p; i++) {
        for (size_t j = 0; j < p; j++)
            s->inverse[(i + lead) * rows + j + lead] =
                at(y->inverse, y->inverse_low, i * p + j);
        for (size_t t = 0; t < k; t++)
            s->coefficients[(i + lead) * k + t] = at(y->slopes, y->slopes_low, i * k + t);
        v[i] = (pair){0.0, 0.0}, left[i] = s->mean[i];
    }
    if (!lead)
        return;
    /* V is large and V mean is not where columns are nearly collinear: one correction. */
    correct(s, v, left);
    correct(s, v, left);
    for (size_t i = 0; i < p; i++) {
        s->inverse[(i + 1) * rows] = s->inverse[i + 1] = negative(v[i]);
        /* mean'v + v'(mean - S v): what is wrong with v comes in squared. */
        corner = plus(corner, times(v[i], plus(s->mean[i], left[i])));
    }
    s->inverse[0] = corner;
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
        pair rss = minus(s->yy[t], explained), level = s->local[p + t];
        if (m->residuals)
            rss = (pair){m->residuals[t], 0.0};
        s->rss[t] = rss.hi > 0.0 ? rss : (pair){0.0, 0.0};
        out->rss[t] = s->rss[t].hi + s->rss[t].lo;
        out->tss[t] = s->yy[t].hi + s->yy[t].lo;
        out->explained[t] = explained.hi + explained.lo;
        for (size_t i = 0; i < p; i++)
            level = minus(level, times(at(y->slopes, y->slopes_low, i * k + t),
                                       s->local[i]));
        put(out->level, out->level_low, t, level);
        for (size_t i = 0; i < rows; i++)
            s->se[i * k + t] = dof > 0.0 ? sqrt(s->inverse[i * rows + i].hi
                                                * (out->rss[t] / dof)) : NAN;
    }
}

static void restore(const lw_moments *m, const lw_scatter *s, lw_fit *out)
{
    size_t p = m->p, k = m->k, lead = (size_t)m->intercept, rows = p + lead;
    const lw_system *y = &s->system;
    double of_weight = pow(2.0, -m->weight_exponent / 2.0);
    for (size_t i = 0; i < rows; i++) {
        int down = i < lead ? 0 : m->exponent[i - lead];
        double side = sqrt(s->inverse[i * rows + i].hi);
        for (size_t t = 0; t < k; t++) {
            size_t to = i * k + t;
            pair b = s->coefficients[to];
            int power = m->exponent[p + t] - down;
            double value = ldexp(b.hi + b.lo, power), se = ldexp(s->se[to], power);
            out->coefficients[to] = value, out->standard_errors[to] = se;
            /* 0 with a bound above 0 has no number of digits. */
            if (!isfinite(value) || (value == 0.0 && out->digits[to] < -log10(0x1p-53)))
                out->digits[to] = NAN;
            if (!isfinite(value))
                out->worth[to] = NAN;
            if (!isfinite(se))
                out->se_digits[to] = NAN;
        }
        for (size_t j = 0; j < rows; j++) {
            pair v = s->inverse[i * rows + j];
            double other = sqrt(s->inverse[j * rows + j].hi);
            out->correlation[i * rows + j] = i == j ? 1.0 : (v.hi + v.lo)
                / ((side > 0.0 ? side : 1.0) * (other > 0.0 ? other : 1.0));
        }
    }
    for (size_t i = 0; i < p; i++) {
        pair mean = power_of_two(s->mean[i], m->exponent[i]);
        put(out->center, out->center_low, i, mean);
        for (size_t j = 0; j < p; j++)
            out->root[i * p + j] = ldexp(y->root[i * p + j] + y->root_low[i * p + j],
                                         -m->exponent[j]) * of_weight;
    }
    for (size_t t = 0; t < k; t++) {
        out->target_mean[t] = ldexp(s->mean[p + t].hi, m->exponent[p + t]);
        out->target_exponent[t] = m->exponent[p + t];
    }
    out->weight = ldexp(s->weight.hi + s->weight.lo, m->weight_exponent);
}

size_t lw_system_work(size_t p, size_t k)
{
    return 2 * p * (p + k) + 2 * p * p + 2 * p * k + 2 * p;
}

int lw_solve(const lw_moments *m, lw_fit *out)
{
    lw_scatter s = {0};
    double *work;
    if ((double)m->p > m->count - m->intercept)
        return NOT_HERE; /* the rows allow no such rank */
    int status = prepare(m, &s, out, &work);
    if (status)
        return status;
    centre(m, &s);
    status = lw_block_here()->system(&s.system);
    if (!status) {
        add_intercept(m, &s);
        measure(m, &s, out);
        lw_certify(m, &s, work, out);
        restore(m, &s, out);
    }
    free(s.memory);
    return status;
}

int lw_fit_rows(const lw_rows *rows, int threads, double roundoff, int intercept,
                lw_fit *out)
{
    size_t p = rows->p, k = rows->k, q = 1 + p + k;
    double *a = calloc(2 * q * q + 5 * q, sizeof *a);
    int *exponent = calloc(q, sizeof *exponent);
    int status = a && exponent ? DONE : NO_MEMORY;
    if (!status) {
        double *largest = a + 2 * q * q, *grain = largest + q, *zero = grain + q;
        double *extent = zero + q;
        lw_sums sums = {a, a + q * q, exponent, largest};
        lw_moments m = {
            .gram = a, .gram_low = a + q * q, .shift = rows->shift, .shift_low = zero,
            .exponent = exponent, .grain = grain, .extent = extent,
            .roundoff = roundoff, .count = (double)rows->n,
            .observations = (double)rows->n, .intercept = intercept, .p = p, .k = k,
        };
        status = lw_fold(rows, threads, &sums);
        /* As in fold.py: the last slice rounds against the largest value. */
        double least = rows->slices > 1 ? fmax(0.5, 0.125 * sqrt((double)rows->n)) : 0.0;
        for (size_t i = 0; i < q; i++)
            extent[i] = fmax(sqrt(fmax(a[i * q + i], 0.0)), least);
        for (size_t i = 0; i + 1 < q; i++)
            grain[i] = 0x1p-53 * largest[i];
        if (!status)
            status = lw_solve(&m, out);
    }
    free(a);
    free(exponent);
    return status;
}
