/* A second look at the rows, with a fit in hand: residuals, leverages, meat. */
#include "block.h"
#include "source.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const lw_rows *rows;
    const lw_fitted *fit;
    const lw_block *block;
    lw_second *out;
    size_t begin, end, q, panels, ld;
    int pairs;
    lw_packed packed;
    /* By column: 2^-exponent, means; k rows of what makes a residual, as pairs. */
    double *scale, *mean, *make, *make_low;
    double *root;               /* the rows of the root in panels */
    double *centred, *right;    /* packed blocks */
    double *residual, *residual_low, *leverage, *weight; /* LW_PACK each */
    double *part, *hi, *lo;     /* k meats, each ld x ld */
    double *sum, *sum_low, *largest; /* k */
    size_t pending;
    void *memory;
} job;

static void add_pair(double *hi, double *lo, double value, double low)
{
    double s = *hi + value, t = s - *hi;
    double e = (*hi - (s - t)) + (value - t) + (*lo + low);
    *hi = s + e;
    *lo = e - (*hi - s);
}

/* w e^2 as a pair, for a residual that is one. */
static void add_square(job *j, size_t target, double e, double low, double w)
{
    double splitter = 134217729.0, t = splitter * e, h = t - (t - e), l = e - h;
    double square = e * e, rest = ((h * h - square) + 2.0 * h * l) + l * l;
    rest += 2.0 * e * low;
    if (w != 1.0) {
        double p = w * square, tw = splitter * w, wh = tw - (tw - w), wl = w - wh;
        double ts = splitter * square, sh = ts - (ts - square), sl = square - sh;
        rest = w * rest + (((wh * sh - p) + wh * sl + wl * sh) + wl * sl);
        square = p;
    }
    add_pair(&j->sum[target], &j->sum_low[target], square, rest);
    if (fabs(e) > j->largest[target])
        j->largest[target] = fabs(e);
}

static void settle(job *j)
{
    if (j->pending && j->out->meat)
        j->block->settle(j->hi, j->lo, j->part, j->rows->k * j->ld * j->ld);
    j->pending = 0;
}

/* Scale a packed block, and measure it from the means too where that is needed. */
static void scale(job *j, size_t m)
{
    for (size_t panel = 0; panel < j->panels; panel++) {
        double *u = j->packed.u + panel * LW_PANEL, *v = j->centred + panel * LW_PANEL;
        double *low = j->packed.low ? j->packed.low + panel * LW_PANEL : NULL;
        const double *mean = j->mean + panel * LW_LANES;
        j->block->scale(u, low, m, j->scale + panel * LW_LANES);
        if (j->out->leverage || j->out->meat)
            j->block->pack(u, LW_LANES, m, mean, v, NULL, j->packed.most,
                           j->packed.least);
    }
}

static void measure(job *j, size_t s, size_t m)
{
    const double *w = j->rows->w ? j->rows->w + s : NULL;
    size_t k = j->rows->k;
    if (j->root) {
        j->block->squares(j->centred, j->rows->p, j->root, j->panels * LW_LANES,
                          j->leverage);
        for (size_t r = 0; r < m; r++)
            j->leverage[r] = (j->leverage[r] + j->fit->beside) * (w ? w[r] : 1.0);
        if (j->out->leverage)
            memcpy(j->out->leverage + s, j->leverage, m * sizeof(double));
    }
    for (size_t t = 0; t < k; t++) {
        j->block->dot(j->packed.u, j->packed.low, m, j->panels, j->make + t * j->ld,
                      j->make_low + t * j->ld, j->residual, j->residual_low);
        for (size_t r = 0; r < m; r++) {
            double e = j->residual[r], v = w ? w[r] : 1.0;
            add_square(j, t, e, j->residual_low[r], v);
            if (j->out->residual)
                j->out->residual[(s + r) * k + t] = e;
            if (j->out->meat) {
                double left = 1.0 - j->leverage[r];
                double down = j->fit->power == 2 ? left * left : left;
                j->weight[r] = v * e * v * e / (j->fit->power ? down : 1.0);
            }
        }
        if (!j->out->meat)
            continue;
        for (size_t panel = 0; panel < j->panels; panel++)
            j->block->weigh(j->centred + panel * LW_PANEL, NULL, m, j->weight,
                            j->right + panel * LW_PANEL, NULL);
        j->block->gram(j->centred, j->right, m, j->panels,
                       j->part + t * j->ld * j->ld);
    }
}

static void *run(void *argument)
{
    job *j = argument;
    for (size_t s = j->begin; s < j->end; s += LW_PACK) {
        size_t m = j->end - s < LW_PACK ? j->end - s : LW_PACK;
        if (j->pending + m > LW_BLOCK)
            settle(j);
        lw_pack_rows(j->rows, j->block, s, m, &j->packed);
        scale(j, m);
        measure(j, s, m);
        j->pending += m;
    }
    settle(j);
    return NULL;
}

/* Lay out what is known of the fit by packed column. */
static void lay_out(job *j)
{
    const lw_rows *a = j->rows;
    const lw_fitted *fit = j->fit;
    size_t p = a->p, k = a->k;
    j->scale[j->q - 1] = 1.0;
    for (size_t c = 0; c < p + k; c++) {
        j->scale[c] = ldexp(1.0, -fit->exponent[c]);
        j->packed.shift[c] = a->shift[c];
    }
    if (fit->mean)
        memcpy(j->mean, fit->mean, p * sizeof(double));
    for (size_t t = 0; t < k; t++) {
        double *make = j->make + t * j->ld, *low = j->make_low + t * j->ld;
        for (size_t c = 0; c < p; c++) {
            make[c] = -fit->slopes[c * k + t];
            low[c] = -fit->slopes_low[c * k + t];
        }
        make[p + t] = 1.0;
        make[p + k] = -fit->level[t], low[p + k] = -fit->level_low[t];
    }
    if (fit->root)
        for (size_t i = 0; i < p; i++)
            for (size_t c = 0; c <= i; c++)
                j->root[i / LW_LANES * j->ld * LW_LANES + c * LW_LANES + i % LW_LANES]
                    = fit->root[i * p + c];
}

static int prepare(job *j)
{
    size_t packed = j->panels * LW_PANEL, square = j->ld * j->ld, k = j->rows->k;
    size_t meat = j->out->meat ? k * square : 0, root = j->fit->root ? square : 0;
    size_t doubles = 4 * packed + LW_PANEL + (5 + 2 * k) * j->ld + root + 3 * meat
                     + 4 * LW_PACK + 3 * k;
    size_t bytes = (doubles * sizeof(double) + 63) / 64 * 64;
    double *at = aligned_alloc(64, bytes);
    if (!at)
        return 2;
    memset(at, 0, bytes);
    j->memory = at;
    j->packed.u = at, at += packed;
    if (j->pairs)
        j->packed.low = at;
    at += packed;
    j->centred = at, at += packed;
    j->right = at, at += packed;
    j->packed.lanes = at, at += LW_PANEL;
    j->packed.shift = at, at += j->ld;
    j->packed.most = at, at += j->ld;
    j->packed.least = at, at += j->ld;
    j->scale = at, at += j->ld;
    j->mean = at, at += j->ld;
    j->make = at, at += k * j->ld;
    j->make_low = at, at += k * j->ld;
    j->root = root ? at : NULL, at += root;
    j->part = at, at += meat;
    j->hi = at, at += meat;
    j->lo = at, at += meat;
    j->residual = at, at += LW_PACK;
    j->residual_low = at, at += LW_PACK;
    j->leverage = at, at += LW_PACK;
    j->weight = at, at += LW_PACK;
    j->sum = at, at += k;
    j->sum_low = at, at += k;
    j->largest = at, at += k;
    lay_out(j);
    return 0;
}

static void hand_over(job *jobs, int threads, lw_second *out)
{
    job *first = &jobs[0];
    size_t p = first->rows->p, k = first->rows->k, ld = first->ld, ones = first->q - 1;
    for (size_t t = 0; t < k; t++) {
        out->largest[t] = out->hi[t] = out->lo[t] = 0.0;
        for (int i = 0; i < threads; i++) {
            add_pair(&out->hi[t], &out->lo[t], jobs[i].sum[t], jobs[i].sum_low[t]);
            out->largest[t] = fmax(out->largest[t], jobs[i].largest[t]);
        }
    }
    if (!out->meat)
        return;
    for (int i = 1; i < threads; i++) {
        first->block->settle(first->hi, first->lo, jobs[i].hi, k * ld * ld);
        first->block->settle(first->hi, first->lo, jobs[i].lo, k * ld * ld);
    }
    for (size_t t = 0; t < k; t++, out->meat += (1 + p) * (1 + p))
        for (size_t i = 0; i <= p; i++)
            for (size_t c = i; c <= p; c++) {
                size_t row = i ? i - 1 : ones, column = c ? c - 1 : ones;
                size_t a = row < column ? row : column, b = row < column ? column : row;
                size_t from = t * ld * ld + a * ld + b;
                out->meat[i * (1 + p) + c] = out->meat[c * (1 + p) + i]
                    = first->hi[from] + first->lo[from];
            }
}

int lw_look_again(const lw_rows *rows, const lw_fitted *fit, int pairs, int threads,
                  lw_second *out)
{
    pthread_t *handles = calloc((size_t)threads, sizeof *handles);
    job *jobs = calloc((size_t)threads, sizeof *jobs);
    int status = handles && jobs ? 0 : 2, started = 1;
    for (int t = 0; t < threads && !status; t++) {
        job *j = &jobs[t];
        j->rows = rows, j->fit = fit, j->out = out, j->pairs = pairs;
        j->block = lw_block_here();
        j->q = 1 + rows->p + rows->k;
        j->panels = (j->q + LW_LANES - 1) / LW_LANES;
        j->ld = j->panels * LW_LANES;
        j->begin = rows->n * (size_t)t / (size_t)threads;
        j->end = rows->n * (size_t)(t + 1) / (size_t)threads;
        status = prepare(j);
    }
    if (!status) {
        for (; started < threads; started++)
            if (pthread_create(&handles[started], NULL, run, &jobs[started]))
                break;
        run(&jobs[0]);
        for (int t = started; t < threads; t++)
            run(&jobs[t]);
        for (int t = 1; t < started; t++)
            pthread_join(handles[t], NULL);
        hand_over(jobs, threads, out);
    }
    for (int t = 0; jobs && t < threads; t++)
        free(jobs[t].memory);
    free(jobs);
    free(handles);
    return status;
}
