/* Solve moments of many columns with an inverse in float64 that LAPACK made: refined with
   residuals in pairs, the coefficients have all digits that the moments have. */
#include "solve_private.h"

#include <stdlib.h>
#include <string.h>

enum { REFINEMENTS = 4 };

int lw_scatter_of(const lw_moments *m, double *xx)
{
    lw_scatter s = {0};
    if (lw_prepare(m, &s))
        return LW_NO_MEMORY;
    lw_centre(m, &s);
    memcpy(xx, s.system.xx, m->p * m->p * sizeof *xx);
    free(s.memory);
    return LW_DONE;
}

/* What the errors of an inverse in float64 leave after one refinement. */
static double left_over(const lw_scatter *s, double roundoff)
{
    size_t p = s->system.p;
    double sum = 0.0;
    for (size_t i = 0; i < p; i++) {
        double row = 0.0;
        for (size_t j = 0; j < p; j++)
            row += fabs(s->system.inverse[i * p + j]) * s->extent[j];
        sum += s->extent[i] * row;
    }
    return roundoff * sum;
}

/* b += V r. */
static void correct(const lw_system *y, const double *r)
{
    size_t p = y->p, k = y->k;
    for (size_t i = 0; i < p; i++)
        for (size_t t = 0; t < k; t++) {
            double sum = 0.0;
            for (size_t c = 0; c < p; c++)
                sum += y->inverse[i * p + c] * r[c * k + t];
            pair b = plus((pair){y->slopes[i * k + t], y->slopes_low[i * k + t]},
                          (pair){sum, 0.0});
            y->slopes[i * k + t] = b.hi, y->slopes_low[i * k + t] = b.lo;
        }
}

static void refine(lw_system *y, double *left, double *left_low)
{
    size_t p = y->p, k = y->k;
    memset(y->slopes, 0, p * k * sizeof(double));
    memset(y->slopes_low, 0, p * k * sizeof(double));
    correct(y, y->xy);
    for (int i = 0; i < REFINEMENTS; i++) {
        lw_block_here()->remain(y, left, left_low);
        correct(y, left);
    }
    for (size_t t = 0; t < k; t++) {
        pair sum = {0.0, 0.0};
        for (size_t i = 0; i < p * k; i += k)
            sum = plus(sum, times((pair){y->slopes[i + t], y->slopes_low[i + t]},
                                  (pair){y->xy[i + t], y->xy_low[i + t]}));
        y->explained[t] = sum.hi, y->explained_low[t] = sum.lo;
    }
}

int lw_solve_plainly(const lw_moments *m, const double *root, const double *inverse,
                     double roundoff, double limit, double *fit)
{
    size_t p = m->p, k = m->k;
    lw_scatter s = {0};
    lw_fit out = lw_fit_at(fit, p, k, p + (size_t)m->intercept);
    lw_system *y = &s.system;
    double *room = malloc((2 * p * k + 2 * p + 1) * sizeof *room);
    int status = room ? lw_prepare(m, &s) : LW_NO_MEMORY;
    if (!status) {
        y->inverse = (double *)inverse, y->root = (double *)root;
        y->slopes = out.slopes, y->slopes_low = out.slopes_low;
        y->work = room;
        s.inverse_roundoff = roundoff;
        lw_centre(m, &s);
        status = left_over(&s, roundoff) <= limit ? LW_DONE : LW_NOT_HERE;
    }
    if (!status) {
        refine(y, room + 2 * p, room + 2 * p + p * k);
        lw_finish(m, &s, &out);
    }
    free(s.memory);
    free(room);
    return status;
}
