/* Pack rows, cut them into slices, and sum their Gram in pairs of float64.

   This file must be compiled without contraction of multiply-add: the error-free
   transforms below depend on each operation being rounded on its own. */
#include "kernel.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__FAST_MATH__)
#error "fold.c must not be compiled with -ffast-math"
#endif

/* Sizes that a power of two can still be taken out of without leaving the range. */
static const int LARGEST_EXPONENT = 900;
static const double SPLITTER = 134217729.0; /* 2^27 + 1 */

typedef struct {
    const lw_rows *rows;
    size_t begin, end, q, ld;
    double *left[3], *right[3]; /* packed slices; right is left without weights */
    double *low;                /* what the subtraction of the shift rounds off */
    double *part[3];            /* float64 sums of at most LW_BLOCK rows */
    double *hi, *lo;            /* sums in pairs, upper tiles */
    /* By packed column: 2^-exponent (0 while nothing varies), sizes, scratch. */
    double *scale, *largest, *far, *weighted, *weighted_low;
    int *exponent;
    size_t pending;             /* rows in `part` */
    int status;
    void *memory;
} job;

static void add_pair(double *hi, double *lo, double value)
{
    double s = *hi + value, t = s - *hi;
    double e = (*hi - (s - t)) + (value - t) + *lo;
    *hi = s + e;
    *lo = e - (*hi - s);
}

static void two_product(double a, double b, double *p, double *e)
{
    double ta = SPLITTER * a, tb = SPLITTER * b;
    double ah = ta - (ta - a), bh = tb - (tb - b);
    double al = a - ah, bl = b - bh;
    *p = a * b;
    *e = ((ah * bh - *p) + ah * bl + al * bh) + al * bl;
}

/* Move the float64 sums into the pairs. */
static void settle(job *j)
{
    size_t size = j->q * j->ld;
    if (!j->pending)
        return;
    for (int s = 0; s < j->rows->slices; s++) {
        double *part = j->part[s];
        for (size_t i = 0; i < size; i++)
            add_pair(&j->hi[i], &j->lo[i], part[i]);
        memset(part, 0, size * sizeof *part);
    }
    j->pending = 0;
}

/* Hold column c (packed) in units of a larger power of two. */
static void raise_exponent(job *j, size_t c, int exponent)
{
    double down = ldexp(1.0, j->exponent[c] - exponent);
    for (size_t i = 0; i < j->q; i++) {
        j->hi[c * j->ld + i] *= down, j->lo[c * j->ld + i] *= down;
        j->hi[i * j->ld + c] *= down, j->lo[i * j->ld + c] *= down;
    }
    j->exponent[c] = exponent;
    j->scale[c] = ldexp(1.0, -exponent);
}

/* Read GROUP columns of a block side by side, so that what is written is whole
   cache lines: shift, remember the largest values. */
enum { GROUP = 8 };

static inline void read_group(job *j, const double *from, ptrdiff_t row,
                              ptrdiff_t column, size_t c, size_t width, size_t m)
{
    double shift[GROUP] = {0}, most[GROUP] = {0}, far[GROUP] = {0}, nothing[GROUP] = {0};
    for (size_t t = 0; t < width; t++)
        shift[t] = j->rows->shift[c - 1 + t];
    for (size_t r = 0; r < m; r++, from += row) {
        double *u = j->left[0] + r * j->ld + c, *low = j->low + r * j->ld + c;
        double x[GROUP] = {0}, d[GROUP], t[GROUP];
        for (size_t g = 0; g < width; g++)
            x[g] = from[(ptrdiff_t)g * column];
        for (int g = 0; g < GROUP; g++) {
            d[g] = x[g] - shift[g];
            t[g] = d[g] - x[g];
            most[g] = fabs(x[g]) > most[g] ? fabs(x[g]) : most[g];
            far[g] = fabs(d[g]) > far[g] ? fabs(d[g]) : far[g];
            nothing[g] += d[g] * 0.0; /* NaN when d is not finite */
        }
        for (size_t g = 0; g < width; g++)
            u[g] = d[g];
        if (j->rows->slices > 1)
            for (size_t g = 0; g < width; g++)
                low[g] = (x[g] - (d[g] - t[g])) - (shift[g] + t[g]);
    }
    for (size_t t = 0; t < width; t++) {
        j->status |= !(nothing[t] == 0.0);
        j->far[c + t] = far[t];
        if (most[t] > j->largest[c + t])
            j->largest[c + t] = most[t];
    }
}

/* Read whole rows, for a source that holds them side by side. */
static void read_rows(job *j, const double *from, ptrdiff_t row, size_t c, size_t count,
                      size_t m)
{
    const double *shift = j->rows->shift + c - 1;
    double *most = j->largest + c, *far = j->far + c, *nothing = j->weighted + c;
    memset(far, 0, count * sizeof *far);
    memset(nothing, 0, count * sizeof *nothing);
    for (size_t r = 0; r < m; r++, from += row) {
        double *u = j->left[0] + r * j->ld + c, *low = j->low + r * j->ld + c;
        for (size_t t = 0; t < count; t++) {
            double x = from[t], d = x - shift[t];
            u[t] = d;
            most[t] = fabs(x) > most[t] ? fabs(x) : most[t];
            far[t] = fabs(d) > far[t] ? fabs(d) : far[t];
            nothing[t] += d * 0.0; /* NaN when d is not finite */
        }
        if (j->rows->slices > 1)
            for (size_t t = 0; t < count; t++) {
                double x = from[t], d = u[t], e = d - x;
                low[t] = (x - (d - e)) - (shift[t] + e);
            }
    }
    for (size_t t = 0; t < count; t++)
        j->status |= !(nothing[t] == 0.0);
}

static void read_columns(job *j, const double *from, ptrdiff_t row, ptrdiff_t column,
                         size_t c, size_t count, size_t m)
{
    if (column == 1) {
        read_rows(j, from, row, c, count, m);
        return;
    }
    for (; count >= GROUP; c += GROUP, count -= GROUP, from += GROUP * column)
        read_group(j, from, row, column, c, GROUP, m);
    if (count)
        read_group(j, from, row, column, c, count, m);
}

/* Raise the units of the columns that this block goes beyond: once for all of them,
   and twice as far as needed after the first, because each costs a pass over the
   sums. */
static void adapt(job *j)
{
    int settled = 0;
    for (size_t c = 1; c < j->q; c++) {
        int exponent;
        double size = j->far[c] * j->scale[c];
        if (j->far[c] == 0.0 || (size > 0.0 && size < 1.0))
            continue;
        frexp(j->far[c], &exponent);
        if (exponent > LARGEST_EXPONENT || exponent < -LARGEST_EXPONENT) {
            j->status = 1;
            return;
        }
        if (!settled)
            settle(j), settled = 1;
        if (j->scale[c] == 0.0)
            j->exponent[c] = exponent; /* the first that varies: sums are 0 so far */
        else
            exponent++;
        raise_exponent(j, c, exponent);
    }
}

/* Cut n numbers (value + rest) into slices: 20 bits, 20 bits and a sign further
   down, and all that is left. The first slice may be where the values are. */
static void cut_numbers(const double *value, const double *rest, double *const *into,
                        size_t offset, size_t n, int slices)
{
    double *first = into[0] + offset, *second = into[1] + offset;
    if (slices == 2)
        for (size_t c = 0; c < n; c++) {
            double v = value[c], top = (v + 0x1.8p32) - 0x1.8p32;
            second[c] = (v - top) + rest[c];
            first[c] = top;
        }
    else {
        double *third = into[2] + offset;
        for (size_t c = 0; c < n; c++) {
            double v = value[c], top = (v + 0x1.8p32) - 0x1.8p32;
            double next = ((v - top) + 0x1.8p11) - 0x1.8p11;
            third[c] = ((v - top) - next) + rest[c];
            second[c] = next;
            first[c] = top;
        }
    }
}

/* Scale, weight and cut a block of m rows. */
static void cut(job *j, size_t m, const double *w)
{
    int slices = j->rows->slices;
    size_t ld = j->ld;
    for (size_t r = 0; r < m; r++) {
        double *u = j->left[0] + r * ld, *low = j->low + r * ld;
        u[0] = 1.0;
        for (size_t c = 1; c < ld; c++)
            u[c] *= j->scale[c];
        if (slices == 1) {
            if (w)
                for (size_t c = 0; c < ld; c++)
                    j->right[0][r * ld + c] = w[r] * u[c];
            continue;
        }
        low[0] = 0.0;
        for (size_t c = 1; c < ld; c++)
            low[c] *= j->scale[c];
        if (w) {
            for (size_t c = 0; c < ld; c++) {
                double e;
                two_product(w[r], u[c], &j->weighted[c], &e);
                j->weighted_low[c] = e + w[r] * low[c];
            }
            cut_numbers(j->weighted, j->weighted_low, j->right, r * ld, ld, slices);
        }
        cut_numbers(u, low, j->left, r * ld, ld, slices);
    }
}

static void add_into(const job *j, double *into, const double *other, size_t m)
{
    for (size_t i = 0; i < m * j->ld; i++)
        into[i] += other[i];
}

/* Sum the products of all slices: exact ones apart from each other, and those that
   round together in the last part. The slices are used up. */
static void multiply(job *j, size_t m)
{
    double **l = j->left, **r = j->right, **part = j->part;
    size_t ld = j->ld, q = j->q;
    int last = j->rows->slices - 1, weighted = l[0] != r[0];
    lw_gram(l[0], r[0], ld, m, q, part[0]);
    if (last == 2) {
        lw_gram(l[0], r[1], ld, m, q, part[1]);
        lw_gram(l[1], r[0], ld, m, q, part[1]);
        lw_gram(l[1], r[1], ld, m, q, part[2]);
        add_into(j, l[0], l[1], m);
        if (weighted)
            add_into(j, r[0], r[1], m);
    }
    if (last > 0) {
        /* heads' rest + rest' all; without weights r[0] is l[0]. */
        lw_gram(l[0], r[last], ld, m, q, part[last]);
        add_into(j, r[0], r[last], m);
        lw_gram(l[last], r[0], ld, m, q, part[last]);
    }
    j->pending += m;
}

static void *run(void *argument)
{
    job *j = argument;
    const lw_rows *a = j->rows;
    for (size_t s = j->begin; s < j->end && !j->status; s += LW_PACK) {
        size_t m = j->end - s < LW_PACK ? j->end - s : LW_PACK;
        if (j->pending + m > LW_BLOCK)
            settle(j);
        read_columns(j, a->x + (ptrdiff_t)s * a->xr, a->xr, a->xc, 1, a->p, m);
        read_columns(j, a->y + (ptrdiff_t)s * a->yr, a->yr, a->yc, 1 + a->p, a->k, m);
        if (!j->status)
            adapt(j);
        if (j->status)
            break;
        cut(j, m, a->w ? a->w + s : NULL);
        multiply(j, m);
    }
    settle(j);
    return NULL;
}

static int prepare(job *j)
{
    size_t packed = (size_t)LW_PACK * j->ld, square = j->q * j->ld + LW_PAD * j->ld;
    int slices = j->rows->slices, sides = j->rows->w ? 2 : 1;
    size_t doubles = packed * (size_t)(slices * sides + 1)
                     + square * (size_t)(slices + 2) + 5 * j->ld;
    size_t bytes = (doubles * sizeof(double) + j->ld * sizeof(int) + 127) / 64 * 64;
    double *at = aligned_alloc(64, bytes);
    if (!at)
        return 2;
    memset(at, 0, bytes);
    j->memory = at;
    for (int s = 0; s < slices; s++, at += packed)
        j->left[s] = j->right[s] = at;
    for (int s = 0; s < slices && sides == 2; s++, at += packed)
        j->right[s] = at;
    j->low = at, at += packed;
    for (int s = 0; s < slices; s++, at += square)
        j->part[s] = at;
    j->hi = at, at += square;
    j->lo = at, at += square;
    j->scale = at, at += j->ld;
    j->largest = at, at += j->ld;
    j->far = at, at += j->ld;
    j->weighted = at, at += j->ld;
    j->weighted_low = at, at += j->ld;
    j->exponent = (int *)at;
    return 0;
}

/* Bring every thread to the same exponents and add. */
static void gather(job *jobs, int threads, lw_sums *out)
{
    job *first = &jobs[0];
    size_t q = first->q, ld = first->ld;
    for (size_t c = 1; c < q; c++) {
        int top = 0, any = 0;
        double most = 0.0;
        for (int t = 0; t < threads; t++) {
            if (jobs[t].scale[c] != 0.0 && (!any || jobs[t].exponent[c] > top))
                top = jobs[t].exponent[c], any = 1;
            if (jobs[t].largest[c] > most)
                most = jobs[t].largest[c];
        }
        if (!any)
            frexp(most, &top); /* a constant column */
        for (int t = 0; t < threads; t++)
            if (jobs[t].scale[c] != 0.0)
                raise_exponent(&jobs[t], c, top);
        out->exponent[c - 1] = top;
        out->largest[c - 1] = most;
    }
    for (int t = 1; t < threads; t++)
        for (size_t i = 0; i < q * ld; i++) {
            add_pair(&first->hi[i], &first->lo[i], jobs[t].hi[i]);
            add_pair(&first->hi[i], &first->lo[i], jobs[t].lo[i]);
        }
    for (size_t i = 0; i < q; i++)
        for (size_t c = i; c < q; c++) {
            out->hi[i * q + c] = out->hi[c * q + i] = first->hi[i * ld + c];
            out->lo[i * q + c] = out->lo[c * q + i] = first->lo[i * ld + c];
        }
}

int lw_fold(const lw_rows *rows, int threads, lw_sums *out)
{
    size_t q = 1 + rows->p + rows->k;
    pthread_t *handles = calloc((size_t)threads, sizeof *handles);
    job *jobs = calloc((size_t)threads, sizeof *jobs);
    int status = handles && jobs ? 0 : 2, started = 1;
    for (int t = 0; t < threads && !status; t++) {
        jobs[t].rows = rows;
        jobs[t].q = q;
        jobs[t].ld = (q + LW_PAD - 1) / LW_PAD * LW_PAD;
        jobs[t].begin = rows->n * (size_t)t / (size_t)threads;
        jobs[t].end = rows->n * (size_t)(t + 1) / (size_t)threads;
        status = prepare(&jobs[t]);
    }
    if (!status) {
        for (; started < threads; started++)
            if (pthread_create(&handles[started], NULL, run, &jobs[started]))
                break;
        run(&jobs[0]);
        for (int t = started; t < threads; t++)
            run(&jobs[t]); /* no thread was to be had: do its part here */
        for (int t = 1; t < started; t++)
            pthread_join(handles[t], NULL);
        for (int t = 0; t < threads; t++)
            status = jobs[t].status > status ? jobs[t].status : status;
        if (!status)
            gather(jobs, threads, out);
    }
    for (int t = 0; jobs && t < threads; t++)
        free(jobs[t].memory);
    free(jobs);
    free(handles);
    return status;
}
