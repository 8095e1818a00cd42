/* Solve moments in pairs; or fold and solve in one call. */
#include "solve_private.h"

#include <stdlib.h>

size_t lw_system_work(size_t p, size_t k)
{
    return 2 * p + 2 * p * (p + k) + 2 * p * p + 2 * p * k + 2 * p;
}

int lw_solve(const lw_moments *m, double *fit)
{
    size_t p = m->p, k = m->k, square = p * p;
    lw_scatter s = {0};
    lw_fit out = lw_fit_at(fit, p, k, p + (size_t)m->intercept);
    lw_system *y = &s.system;
    if ((double)p > m->count - m->intercept)
        return LW_NOT_HERE; /* the rows allow no such rank */
    double *room = malloc((4 * square + lw_system_work(p, k) + 1) * sizeof *room);
    int status = room ? lw_prepare(m, &s) : LW_NO_MEMORY;
    if (!status) {
        y->inverse = room, y->inverse_low = room + square;
        y->root = room + 2 * square, y->root_low = room + 3 * square;
        y->work = room + 4 * square;
        y->slopes = out.slopes, y->slopes_low = out.slopes_low;
        lw_centre(m, &s);
        status = lw_block_here()->system(y);
    }
    if (!status)
        lw_finish(m, &s, &out);
    free(s.memory);
    free(room);
    return status;
}

int lw_with_moments(const lw_rows *rows, int threads, double roundoff, int intercept,
                    int (*then)(const lw_moments *, double *), double *out)
{
    size_t p = rows->p, k = rows->k, q = 1 + p + k;
    double *a = calloc(2 * q * q + 5 * q, sizeof *a);
    int *exponent = calloc(q, sizeof *exponent);
    int status = a && exponent ? LW_DONE : LW_NO_MEMORY;
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
            status = then(&m, out);
    }
    free(a);
    free(exponent);
    return status;
}

int lw_fit_rows(const lw_rows *rows, int threads, double roundoff, int intercept,
                double *fit)
{
    return lw_with_moments(rows, threads, roundoff, intercept, lw_solve, fit);
}
