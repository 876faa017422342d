DROP TRIGGER IF EXISTS tg_pgqueuer_changed ON bot.pgqueuer
--
DROP FUNCTION IF EXISTS bot.fn_pgqueuer_changed
--
DROP TABLE IF EXISTS bot.pgqueuer, bot.pgqueuer_log, bot.pgqueuer_schedules, bot.pgqueuer_statistics
--
DROP TYPE IF EXISTS bot.pgqueuer_status
