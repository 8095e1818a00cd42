# Robust regression by MASS, its tolerance tightened; sandwiches of it by sandwich.
# Usage: Rscript make_robust.R FOLDER   (reads FOLDER/*.csv, writes robust.json)
suppressMessages({library(MASS); library(sandwich); library(jsonlite)})
args <- commandArgs(TRUE); here <- if (length(args)) args[1] else "."
table_of <- function(name) read.csv(file.path(here, paste0(name, ".csv")), na.strings = "", stringsAsFactors = FALSE)
ACC <- 1e-15; MOST <- 20000
told <- function(m) { s <- summary(m); list(coef = unname(coef(m)), scale = m$s,
  se = unname(s$coefficients[, 2]), stddev = s$stddev, w = unname(m$w)) }
# rlm stops by residuals: it is run on until they stand still to the last bits.
fit <- function(f, d, ...) suppressWarnings(rlm(f, data = d, acc = ACC, maxit = MOST, ...))
both <- function(m) c(told(m), list(sandwich = unname(sqrt(diag(sandwich(m))))))
# The S-estimate of lqs, refined by its own step until it stands still (lqs stops at 1e-5).
chi <- function(u, k) { t <- pmin((u / k)^2, 1); t * (3 + t * (-3 + t)) }
s_of <- function(f, d, k0 = 1.548) {
  set.seed(1)
  x <- model.matrix(f, d); y <- model.response(model.frame(f, d)); n <- nrow(x); p <- ncol(x)
  z <- lqs(x, y, intercept = FALSE, method = "S", k0 = k0, nsamp = "exact")
  r <- y - x %*% coef(z); s <- z$scale
  for (i in 1:3000) {
    for (j in 1:50) s <- s * sqrt(sum(chi(r / s, k0)) / ((n - p) * 0.5))
    m <- lm.wfit(x, y, as.vector((1 - pmin(1, abs(r / (s * k0)))^2)^2)); r <- m$residuals
  }
  list(coef = unname(m$coefficients), scale = s)
}
mm <- function(f, d, c = 4.685) {
  first <- s_of(f, d); x <- model.matrix(f, d); y <- model.response(model.frame(f, d))
  s <- first$scale; r <- y - x %*% first$coef
  for (i in 1:3000) { w <- as.vector((1 - pmin(1, abs(r / (s * c)))^2)^2); m <- lm.wfit(x, y, w); r <- m$residuals }
  # What summary.rlm makes of it.
  u <- r / s; psi <- u * w; d1 <- ifelse(abs(u) <= c, (1 - (u / c)^2) * (1 - 5 * (u / c)^2), 0)
  n <- nrow(x); p <- ncol(x); mn <- mean(d1)
  sd <- sqrt(sum((s * psi)^2) / (n - p)) * (1 + p * var(d1) / (n * mn^2)) / mn
  list(s_coef = first$coef, s_scale = s, coef = unname(m$coefficients),
    se = unname(sd * sqrt(diag(solve(crossprod(x))))))
}
all_of <- function(f, d) list(
  huber = both(fit(f, d)), huber_2 = told(fit(f, d, k = 2)),
  bisquare = told(fit(f, d, psi = psi.bisquare)),
  proposal2 = both(fit(f, d, scale.est = "proposal 2")),
  mm = mm(f, d))
cars <- table_of("mtcars"); cars$count <- 1 + (seq_len(32) * 7) %% 4
write.csv(data.frame(year = phones$year, calls = phones$calls), file.path(here, "phones.csv"), row.names = FALSE, quote = FALSE)
found <- list(
  stackloss = all_of(stackloss ~ airflow + watertemp + acidconc, table_of("stackloss")),
  mtcars = all_of(mpg ~ wt + hp, cars),
  phones = all_of(calls ~ year, as.data.frame(phones)),
  analytic = list(
    huber = told(suppressWarnings(rlm(mpg ~ wt + hp, data = cars, weights = w1, acc = ACC, maxit = MOST))),
    proposal2 = told(suppressWarnings(rlm(mpg ~ wt + hp, data = cars, weights = w1, scale.est = "proposal 2", acc = ACC, maxit = MOST)))),
  # summary.rlm reads the name of the method in the call itself.
  frequency = list(
    huber = told(suppressWarnings(rlm(mpg ~ wt + hp, data = cars, weights = count, wt.method = "case", acc = ACC, maxit = MOST))),
    proposal2 = told(suppressWarnings(rlm(mpg ~ wt + hp, data = cars, weights = count, wt.method = "case", scale.est = "proposal 2", acc = ACC, maxit = MOST)))))
write_json(found, file.path(here, "robust.json"), digits = NA, auto_unbox = TRUE, na = "null")
