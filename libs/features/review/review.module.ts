import { Module } from '@nestjs/common';
import { GuestsService } from '#features/review/guests.service';
import { ReviewCommentsService } from '#features/review/review-comments.service';
import { ReviewsService } from '#features/review/reviews.service';
import { RowVersionsService } from '#features/review/row-versions.service';
import { ShareLinksService } from '#features/review/share-links.service';
import { SharedResultsService } from '#features/review/shared-results.service';

const SERVICES = [ReviewsService, ReviewCommentsService, RowVersionsService, ShareLinksService, GuestsService, SharedResultsService];

/** What people decide on and say about results, and guests among them. Expects HotPool of `halogen_api` from its app. */
@Module({ providers: SERVICES, exports: SERVICES })
export class ReviewModule {}
